import {
  isRetrievalError,
  loadPart,
  type Device,
  type Dtype,
  type ModelCard,
  type Role,
} from "@nearfield/core";
import { planAmong, planOf, weighModel, type MachineFacts, type Plan } from "@nearfield/models";
import { Climb, type AdapterReport, type DeviceChoice, type Refused } from "@nearfield/runtime";
import { fasterOf, isWorthTrying, recallTimes, type Measured } from "./trial.ts";

/** What was decided before a byte of the weights was fetched. */
export interface EncoderPlan {
  /** The graph: its path in the repository, or its address. */
  readonly file: string;
  /** null: the graph mixes formats of its own. */
  readonly dtype: Dtype | null;
  /** What is tried first. */
  readonly device: Device;
  /** What was chosen and why each other candidate was not, with the numbers. */
  readonly reasons: readonly string[];
}

export interface Decision {
  readonly machine: MachineFacts;
  /** null: nothing can run, and the climb says why. */
  readonly plan: EncoderPlan | null;
  /** What was measured on this machine before. */
  readonly measured: Measured | null;
  /** Whether WASM shall be timed beside a GPU that serves: not beside a software adapter, nor where a device was demanded. */
  readonly isTrialWanted: boolean;
  /** The rungs to try, the one that was measured to be faster first. */
  readonly climb: Climb;
}

export interface DecisionOptions {
  readonly card: ModelCard;
  readonly role: Role;
  readonly device: DeviceChoice;
}

/**
 * Weighs a card's files on this machine. The plan of a card that was found by name knows the formats that were left, too.
 * @throws RetrievalError `MODEL_TOO_LARGE` where a limit is all that is in the way
 */
export async function decide(
  { card, role, device }: DecisionOptions,
  machine: MachineFacts,
): Promise<Decision> {
  const plan = summarize(planOf(card) ?? (await attempt(card, machine, device)));
  const refused = findRefused(card, machine, device);
  const adapter = adapterOf(machine);
  const isOpen = device === "auto" && adapter.kind === "hardware" && !refused.wasm;
  const isTrialWanted = isOpen && isWorthTrying(card);
  const measured = isTrialWanted ? await recallTimes(card, adapter.description) : null;
  const first = measured ? fasterOf(measured, role) : undefined;
  const climb = new Climb(card, device, adapter, { refused, first });
  return { machine, plan, measured, isTrialWanted, climb };
}

/** Devices whose files exceed a limit of this machine. */
function findRefused(card: ModelCard, machine: MachineFacts, device: DeviceChoice): Refused {
  const refused = weighModel(card, machine, { device }).flatMap((candidate) => {
    const limit = candidate.refusals.find(({ kind }) => kind === "limit");
    return limit ? [[candidate.device, { code: limit.code, message: limit.message }]] : [];
  });
  return Object.fromEntries(refused) as Refused;
}

/** A demand for WASM asks for no adapter. */
function adapterOf({ gpu: { kind, description } }: MachineFacts): AdapterReport {
  return { kind: kind === "unknown" ? "none" : kind, description };
}

async function attempt(
  card: ModelCard,
  machine: MachineFacts,
  device: DeviceChoice,
): Promise<Plan | null> {
  try {
    return planAmong(card, machine, { device }, []);
  } catch (thrown) {
    if (!isRetrievalError(thrown)) throw thrown;
    if (thrown.code !== "MODEL_TOO_LARGE") return null;
    // Only a refusal needs the cards of other models: it names the nearest that fits.
    const { planModel } = await loadPart(() => import("./refusal.ts"));
    return planModel(card, machine, { device });
  }
}

function summarize(plan: Plan | null): EncoderPlan | null {
  if (!plan) return null;
  const { file, dtype, device, reasons } = plan;
  return { file, dtype, device, reasons };
}
