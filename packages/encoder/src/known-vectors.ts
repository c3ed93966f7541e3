// Known answers of a model whose card brings none: computed on WASM once, and remembered with the files' hashes.
import { hashOf, isRetrievalError, RetrievalError, type ModelCard } from "@nearfield/core";
import { Supervisor, type Preparation } from "@nearfield/link";
import { fingerprintOf, openShelf, weighModel, type MachineFacts } from "@nearfield/models";
import type { EncoderCalls, KnownVectors, LoadProgress, LoadRequest } from "./calls.ts";
import { chooseReference, type Reference } from "./reference.ts";
import type { WorkerParts } from "./worker-parts.ts";

/** Whose vectors they are, for whoever remembers a check by them. */
export interface FirstUse extends KnownVectors {
  readonly key: string;
}

/** The number is the version of how they are computed. */
const FORMAT = 1;

/**
 * The vectors that a GPU's files have to give: from the last time, else computed in a worker on WASM that is ended afterwards.
 * Encoders of this origin that want the same ones wait for whoever computes them.
 *
 * @returns null where WASM has no files that it can run, or no room for them
 * @throws RetrievalError what loading on WASM can meet; `EMBEDDING_INVALID` where it gives no vectors; `ABORTED`, `CLOSED`
 */
export async function obtainKnownVectors(
  parts: WorkerParts,
  machine: MachineFacts,
  preparation: Preparation,
  onLoadProgress?: (progress: LoadProgress) => void,
): Promise<FirstUse | null> {
  const { card } = parts;
  const reference = chooseReference(card, (artifact) => {
    const alone = { ...card, artifacts: { wasm: artifact } };
    const candidates = weighModel(alone, machine, { device: "wasm" });
    return candidates.every(({ refusals }) => refusals.every(({ kind }) => kind !== "limit"));
  });
  if (!reference) return null;
  const tower = towerOf(card, reference);
  const key = await hashOf({
    format: FORMAT,
    space: await fingerprintOf(tower, card.dimensions, "known answers"),
    texts: card.knownAnswers.texts,
  });
  return oneAtATime(key, preparation, async () => {
    const note = `answers ${key} ${card.name}`;
    const shelf = await openShelf().catch(() => null);
    const length = card.knownAnswers.texts.length * card.dimensions;
    const remembered = decode(await shelf?.recall(note), length);
    const vectors = remembered ?? (await compute(tower, parts, preparation, onLoadProgress));
    // Without storage each start pays for them.
    if (!remembered) await shelf?.note(note, encode(vectors)).catch(() => {});
    return { key, vectors, floor: reference.floor };
  });
}

/** The card with nothing but the reference, for WASM. */
function towerOf(card: ModelCard, { artifact }: Reference): ModelCard {
  return { ...card, artifacts: { wasm: { ...artifact, knownAnswers: undefined } } };
}

async function compute(
  card: ModelCard,
  { spawn, runtime, redirects, threads }: WorkerParts,
  { signal, alive }: Preparation,
  onLoadProgress: ((progress: LoadProgress) => void) | undefined,
): Promise<Float32Array> {
  const { dimensions } = card;
  const input: LoadRequest = {
    card,
    role: "document",
    rung: "wasm",
    runtime: runtime?.wasm,
    redirects,
    threads,
    dimensions,
    trusted: true,
  };
  const onProgress = (progress: LoadProgress) => {
    alive();
    onLoadProgress?.(progress);
  };
  const worker = new Supervisor<EncoderCalls>({
    spawn,
    prepare: (connection) => connection.call("load", input, { onProgress }),
  });
  try {
    const { texts } = card.knownAnswers;
    const { vectors } = await worker.call("answer", { texts }, { signal, onProgress: alive });
    if (vectors.every(Number.isFinite) && vectors.some((component) => component !== 0)) {
      return vectors;
    }
    throw new RetrievalError("EMBEDDING_INVALID", "WASM gives no vectors for the known texts", {
      value: card.name,
      repair: "Choose another number format of the model.",
    });
  } finally {
    worker[Symbol.dispose]();
  }
}

/** Waiting for another tab is no silence. */
const SIGN_OF_LIFE_MS = 10_000;

/** Runs `job` while no other encoder of this origin runs one of this key; where there are no locks, at once. */
async function oneAtATime<T>(
  key: string,
  { signal, alive }: Preparation,
  job: () => Promise<T>,
): Promise<T> {
  const timer = setInterval(alive, SIGN_OF_LIFE_MS);
  let failure: { readonly thrown: unknown } | undefined;
  const guarded = () => job().catch((thrown: unknown): undefined => void (failure = { thrown }));
  try {
    const answer = await navigator.locks
      .request(`nearfield answers ${key}`, { signal }, guarded)
      .catch((thrown: unknown) => {
        if (signal.aborted) throw abortedBy(signal, thrown);
        return guarded(); // an opaque origin has no locks
      });
    if (failure) throw failure.thrown;
    return answer as T;
  } finally {
    clearInterval(timer);
  }
}

function abortedBy({ reason }: AbortSignal, thrown: unknown): RetrievalError {
  if (isRetrievalError(reason)) return reason;
  return new RetrievalError("ABORTED", "the known answers were given up", { cause: thrown });
}

/** As JSON can hold them. */
function encode(vectors: Float32Array): unknown {
  return { format: FORMAT, vectors: [...vectors] };
}

/** Undefined for what is not there, or is not `length` numbers. */
function decode(note: unknown, length: number): Float32Array | undefined {
  const { format, vectors } = (note ?? {}) as {
    readonly format?: unknown;
    readonly vectors?: unknown;
  };
  const sound =
    format === FORMAT &&
    Array.isArray(vectors) &&
    vectors.length === length &&
    vectors.every(Number.isFinite);
  return sound ? Float32Array.from(vectors as readonly number[]) : undefined;
}
