import {
  RetrievalError,
  type Device,
  type ErrorCode,
  type ModelArtifact,
  type ModelFile,
} from "@nearfield/core";
import type { Job } from "@nearfield/link";
import { fetchVerified } from "@nearfield/models";
import type { LoadProgress, LoadReport, LoadRequest } from "../calls.ts";
import { expandWeights, type ExpansionPlan } from "../expand.ts";
import { checkKnownAnswers, type KnownAnswersReport } from "../known-answers.ts";
import { createTokenizer } from "../tokenizer.ts";
import { openGpu } from "./device.ts";
import { ModelEncoder } from "./model-encoder.ts";
import { RUNTIME_FILES } from "./runtime-files.ts";
import { openRuntime } from "./runtime.ts";

export interface LoadedModel {
  readonly encoder: ModelEncoder;
  readonly report: LoadReport;
}

/**
 * Brings one rung of a model up: device, verified files, session, known answers. Only once in a worker; after a failure
 * the worker is of no use.
 * @throws RetrievalError `DEVICE_UNAVAILABLE`, `DEVICE_LOST`, `EMBEDDING_INVALID`, `INFERENCE_FAILED`, `MODEL_*`, `ABORTED`
 */
export async function loadModel(
  request: LoadRequest,
  { signal, report }: Pick<Job<LoadProgress>, "signal" | "report">,
): Promise<LoadedModel> {
  const { card, rung } = request;
  const device: Device = rung === "wasm" ? "wasm" : "webgpu";
  const artifact = card.artifacts[device];
  if (!artifact) {
    throw new RetrievalError("MODEL_UNSUPPORTED", `${card.name} has no files for this device`, {
      value: device,
      repair: "Choose another device or another model.",
    });
  }
  // First the device, so that nothing is fetched where there is none.
  const gpu = rung === "wasm" ? undefined : await openGpu(rung);
  const clock = new Stopwatch();
  const { bytesOf, totalBytes, notStored } = await fetchFiles(request, artifact, signal, report);
  const fetchMs = clock.lap();
  report({ stage: "session", loadedBytes: totalBytes, totalBytes });
  const tokenizer = createTokenizer(bytesOf(card.tokenizer), bytesOf(card.tokenizerConfig));
  const threads = gpu || !globalThis.crossOriginIsolated ? 1 : request.threads;
  const runtime = await openRuntime({
    graph: bytesOf(artifact.graph),
    externalData: gatherData(artifact, bytesOf),
    output: card.output,
    gpu,
    files: request.runtime ?? RUNTIME_FILES[device],
    threads,
    padId: tokenizer.padId,
  });
  const encoder = new ModelEncoder({
    card,
    device,
    dimensions: request.dimensions,
    tokenizer,
    runtime,
  });
  const sessionMs = clock.lap();
  let knownAnswers: KnownAnswersReport | null = null;
  if (artifact.knownAnswers) {
    const { buffer, byteOffset, byteLength } = bytesOf(artifact.knownAnswers);
    knownAnswers = await checkKnownAnswers({
      card,
      expected: new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength)),
      encodeBatch: (texts) => encoder.encodeBatch(texts),
      trusted: request.trusted,
      onBatch: () => report({ stage: "known-answers", loadedBytes: totalBytes, totalBytes }),
    });
  }
  return {
    encoder,
    report: {
      rung,
      device,
      threads,
      adapter: gpu?.adapter ?? "WASM SIMD",
      knownAnswers,
      fetchMs,
      sessionMs,
      knownAnswersMs: clock.lap(),
      notStored,
    },
  };
}

type BytesOf = (file: ModelFile) => Uint8Array<ArrayBuffer>;

interface FetchedFiles {
  readonly bytesOf: BytesOf;
  readonly totalBytes: number;
  readonly notStored: { readonly code: ErrorCode; readonly message: string } | null;
}

async function fetchFiles(
  { card }: LoadRequest,
  artifact: ModelArtifact,
  signal: AbortSignal,
  report: (progress: LoadProgress) => void,
): Promise<FetchedFiles> {
  const files = [
    artifact.graph,
    ...artifact.data.map(({ file }) => file),
    ...(artifact.expanded ? [artifact.expanded.plan] : []),
    ...(artifact.knownAnswers ? [artifact.knownAnswers] : []),
    card.tokenizer,
    card.tokenizerConfig,
  ];
  const totalBytes = files.reduce((sum, file) => sum + file.byteLength, 0);
  const loaded = new Map<ModelFile, number>();
  const onProgress = (file: ModelFile, bytes: number) => {
    loaded.set(file, bytes);
    const loadedBytes = [...loaded.values()].reduce((sum, part) => sum + part, 0);
    report({ stage: "fetch", loadedBytes, totalBytes });
  };
  // One failure ends the other downloads.
  const others = new AbortController();
  const both = AbortSignal.any([signal, others.signal]);
  try {
    const fetched = await Promise.all(
      files.map(async (file) => {
        const verified = await fetchVerified(file, {
          signal: both,
          onProgress: (bytes) => onProgress(file, bytes),
        });
        return [file, verified] as const;
      }),
    );
    const byFile = new Map(fetched);
    const problem = fetched.find(([, { notStored }]) => notStored)?.[1].notStored;
    return {
      totalBytes,
      bytesOf: (file) => (byFile.get(file) as (typeof fetched)[number][1]).bytes,
      notStored: problem ? { code: problem.code, message: problem.message } : null,
    };
  } catch (thrown) {
    others.abort();
    throw thrown;
  }
}

function gatherData({ data, expanded }: ModelArtifact, bytesOf: BytesOf) {
  const shipped = data.map(({ path, file }) => ({ path, data: bytesOf(file) }));
  if (!expanded) return shipped;
  const source = shipped.find(({ path }) => path === expanded.from)?.data;
  if (!source) {
    throw new RetrievalError("MODEL_UNSUPPORTED", "the weights to expand are not in the card", {
      value: expanded.from,
      repair: "Correct the model card.",
    });
  }
  const plan = JSON.parse(new TextDecoder().decode(bytesOf(expanded.plan))) as ExpansionPlan;
  return [...shipped, { path: expanded.path, data: expandWeights(source, plan) }];
}

class Stopwatch {
  #since = performance.now();

  /** Milliseconds since the last lap. */
  lap(): number {
    const now = performance.now();
    const elapsed = now - this.#since;
    this.#since = now;
    return elapsed;
  }
}
