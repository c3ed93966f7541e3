// Which file, number format and device: decided before a byte of the weights is fetched.
import type { Device, Dtype, ModelCard, RepositoryCard } from "@nearfield/core";
import { formatBytes } from "./plan/bytes.ts";
import type { Wishes } from "./plan/limit.ts";
import type { MachineFacts } from "./plan/machine.ts";
import { refuse } from "./plan/refuse.ts";
import { bestOf, weighModel, type Candidate } from "./plan/weigh.ts";

/** What was decided, and why. Plain data. */
export interface Plan {
  /** Name of the model. */
  readonly model: string;
  /** What is tried first. */
  readonly device: Device;
  /** null: the graph mixes formats of its own. */
  readonly dtype: Dtype | null;
  /** The graph: its path in the repository, or its address. */
  readonly file: string;
  /** The best candidate of each device that can serve. */
  readonly choices: Readonly<Partial<Record<Device, Candidate>>>;
  /** The best candidate of each device that could serve if it were there, or asked for. */
  readonly standby: Readonly<Partial<Record<Device, Candidate>>>;
  /** All that were looked at, the best ones of each device first. */
  readonly candidates: readonly Candidate[];
  /** What was chosen and why each other one was not, as sentences. */
  readonly reasons: readonly string[];
}

/**
 * `planModel`, with the models that a refusal may name instead.
 * @throws RetrievalError as `planModel`
 */
export function planAmong(
  card: RepositoryCard | ModelCard,
  machine: MachineFacts,
  wishes: Wishes,
  others: readonly RepositoryCard[],
): Plan {
  const candidates = weighModel(card, machine, wishes);
  const choices = bestOf(candidates, ({ refusals }) => refusals.length === 0);
  const standby = bestOf(
    candidates,
    ({ device, refusals }) => !choices[device] && refusals.every(({ kind }) => kind === "presence"),
  );
  const chosen = choices.webgpu ?? choices.wasm;
  if (!chosen?.file) throw refuse(card, candidates, machine, others);
  return {
    model: card.name,
    device: chosen.device,
    dtype: chosen.dtype,
    file: chosen.file,
    choices,
    standby,
    candidates,
    reasons: candidates.map((candidate) => explain(candidate, choices)),
  };
}

/** Plans by the cards that were pinned by them. */
const PLANS = new WeakMap<ModelCard, Plan>();

/** Notes that `card` was pinned by `plan`: it has one format for each device, and the plan knows the others. */
export function rememberPlan(card: ModelCard, plan: Plan): void {
  PLANS.set(card, plan);
}

/** The plan that a card was pinned by; undefined for a card that was given. */
export function planOf(card: ModelCard): Plan | undefined {
  return PLANS.get(card);
}

type Choices = Readonly<Partial<Record<Device, Candidate>>>;

function explain(candidate: Candidate, choices: Choices): string {
  const { device, dtype, file, needs, refusals, remarks } = candidate;
  const name = `${device} ${dtype ?? "own format"}${file === null ? "" : ` (${file})`}`;
  const best = choices[device];
  const verdict =
    candidate === best
      ? `${formatBytes(needs.downloadBytes)} to fetch`
      : refusals.map(({ message }) => message).join("; ") || `${best?.dtype} goes first here`;
  return [`${name}: ${verdict}`, ...remarks].join("; ");
}
