import {
  RetrievalError,
  type ErrorCode,
  type ModelCard,
  type NetworkShape,
  type RepositoryCard,
} from "@nearfield/core";
import { formatBytes } from "./bytes.ts";
import type { Refusal } from "./limit.ts";
import type { MachineFacts } from "./machine.ts";
import { weighModel, type Candidate } from "./weigh.ts";

/** The error for a model of which no candidate can run: every one with its numbers, and what to take instead. */
export function refuse(
  card: RepositoryCard | ModelCard,
  candidates: readonly Candidate[],
  machine: MachineFacts,
  others: readonly RepositoryCard[],
): RetrievalError {
  const { code, needBytes, limitBytes } = decisive(candidates);
  const why = candidates.map(({ device, dtype, needs, refusals }) => {
    const size = `${needs.isMeasured ? "" : "at least "}${formatBytes(needs.weightBytes)}`;
    const against = refusals.map(({ message }) => message).join(", ");
    return `${device} ${dtype ?? "own format"} of ${size}: ${against}`;
  });
  const other = findNearest(card, machine, others);
  return new RetrievalError(code, `${card.name} can not run here (${why.join("; ")})`, {
    value: needBytes === undefined ? card.name : `${needBytes} bytes, limit ${limitBytes}`,
    repair: `Take ${other ?? "the pocket model"}, the nearest built-in model that fits${HINTS[code] ?? ""}.`,
  });
}

const HINTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  DEVICE_UNAVAILABLE: `, or device "auto"`,
  INVALID_OPTION: ", or ask for one of these formats in dtypes",
};

/**
 * What to tell first: of the candidate that came nearest to running, what it lacked. A file that is missing outweighs all
 * limits, since no machine has it.
 */
function decisive(candidates: readonly Candidate[]): Pick<Refusal, "code"> & Partial<Refusal> {
  const asked = candidates.filter(
    ({ refusals }) => !refusals.some(({ kind }) => kind === "choice"),
  );
  const all = [...asked, ...candidates].flatMap(({ refusals }) => refusals);
  const missing = all.find(({ kind }) => kind === "file");
  const limits = candidates
    .filter(({ refusals }) => refusals.every(({ code }) => code === "MODEL_TOO_LARGE"))
    .flatMap(({ refusals }) => refusals)
    .toSorted((a, b) => excess(a) - excess(b));
  const absent = all.find(({ code }) => code === "DEVICE_UNAVAILABLE");
  const tooLarge = all
    .toSorted((a, b) => excess(a) - excess(b))
    .find(({ code }) => code === "MODEL_TOO_LARGE");
  return missing ?? limits[0] ?? absent ?? tooLarge ?? all[0] ?? { code: "MODEL_UNSUPPORTED" };
}

function excess({ needBytes = Infinity, limitBytes = 1 }: Refusal): number {
  return needBytes / limitBytes;
}

/** Name of the largest of `others` that is smaller than `card` and can run on `machine`, with any device. */
function findNearest(
  card: { readonly name: string; readonly network?: NetworkShape | undefined },
  machine: MachineFacts,
  others: readonly RepositoryCard[],
): string | undefined {
  const most = card.network?.parameters ?? Infinity;
  return others
    .filter(({ name, network }) => name !== card.name && parametersOf(network) < most)
    .toSorted((a, b) => parametersOf(b.network) - parametersOf(a.network))
    .find((model) => weighModel(model, machine).some(({ refusals }) => refusals.length === 0))
    ?.name;
}

function parametersOf(network: NetworkShape | undefined): number {
  return network?.parameters ?? 0;
}
