import { RetrievalError, type Device, type ModelArtifact } from "@nearfield/core";
import type { Job } from "@nearfield/link";
import { DTYPES, gatherFiles, type GatheredFiles } from "@nearfield/models";
import {
  createTokenizer,
  mixesRows,
  openGpu,
  openRuntime,
  requireWasm,
  RUNTIME_FILES,
  type Gpu,
} from "@nearfield/runtime/worker";
import type { LoadProgress, LoadReport, LoadRequest } from "../calls.ts";
import { expandWeights, type ExpansionPlan } from "../expand.ts";
import { filesOf } from "../files.ts";
import { readHead } from "../head.ts";
import { checkKnownAnswers } from "../known-answers.ts";
import { ModelEncoder } from "./model-encoder.ts";

export interface LoadedModel {
  readonly encoder: ModelEncoder;
  /** The model's own length of a vector, whatever the encoder cuts it to. */
  readonly dimensions: number;
  readonly report: LoadReport;
}

/**
 * Brings one rung of a model up: device, verified files, session, known answers. Only once in a worker; after a failure
 * the worker is of no use.
 * @throws RetrievalError `DEVICE_UNAVAILABLE`, `DEVICE_LOST`, `EMBEDDING_INVALID`, `INFERENCE_FAILED`, `MODEL_*`, `WASM_UNAVAILABLE`, `ABORTED`
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
  // First WebAssembly and the device, so that nothing is fetched where there is none.
  requireWasm();
  const gpu = rung === "wasm" ? undefined : await openGpu(rung);
  checkFeature(artifact, gpu);
  const clock = new Stopwatch();
  const files = await gatherFiles(filesOf(card, artifact), {
    signal,
    redirects: request.redirects,
    model: card.name,
    onProgress: ({ stage, loadedBytes, totalBytes, bytesPerSecond }) =>
      report({ stage, loadedBytes, totalBytes, bytesPerSecond }),
  });
  const fetchMs = clock.lap();
  const progress = { loadedBytes: files.byteLength, totalBytes: files.byteLength };
  const tell = (stage: LoadProgress["stage"]) =>
    report({ stage, ...progress, bytesPerSecond: null });
  tell("session");
  const tokenizer = createTokenizer(
    files.bytesOf(card.tokenizer),
    files.bytesOf(card.tokenizerConfig),
    card,
  );
  const head = readHead({
    layers: card.head ?? [],
    width: card.hiddenSize ?? card.dimensions,
    poolings: [card.pooling].flat().length,
    bytesOf: files.bytesOf,
  });
  const shipped = artifact.knownAnswers && readFloats(files.bytesOf(artifact.knownAnswers));
  const expected = request.expected?.vectors ?? shipped;
  const threads = gpu || !globalThis.crossOriginIsolated ? 1 : request.threads;
  const graph = files.bytesOf(artifact.graph);
  const isMixing = mixesRows(graph);
  const runtime = await openRuntime({
    graph,
    externalData: gatherData(artifact, files),
    output: card.output,
    gpu,
    files: request.runtime ?? RUNTIME_FILES[device],
    threads,
    padId: tokenizer.padId,
  });
  // ONNX Runtime has copied the weights into its own heap: two copies of a large model are too many.
  files.release();
  const encoder = new ModelEncoder({
    card,
    device,
    dimensions: request.dimensions,
    tokenizer,
    runtime,
    head,
    isMixing,
  });
  const sessionMs = clock.lap();
  let knownAnswers: LoadReport["knownAnswers"] = null;
  if (expected) {
    const origin = request.expected ? "wasm" : "model";
    const report = await checkKnownAnswers({
      card,
      expected,
      floor: request.expected?.floor,
      whose: WHOSE[origin],
      encodeBatch: (texts) => encoder.encodeBatch(texts),
      trusted: request.trusted,
      onBatch: () => tell("known-answers"),
    });
    knownAnswers = { ...report, origin };
  }
  return {
    encoder,
    dimensions: card.dimensions,
    report: {
      rung,
      device,
      threads,
      adapter: gpu?.adapter ?? "WASM SIMD",
      knownAnswers,
      fetchMs,
      sessionMs,
      knownAnswersMs: clock.lap(),
      notStored: files.notStored,
    },
  };
}

/** Half floats without the feature fail at the first run, or not even there. */
function checkFeature({ dtype }: ModelArtifact, gpu: Gpu | undefined): void {
  const feature = dtype && DTYPES[dtype].feature;
  if (!feature || !gpu || gpu.device.features.has(feature)) return;
  throw new RetrievalError("DEVICE_UNAVAILABLE", `this GPU can not run ${dtype} files`, {
    value: `no ${feature}`,
    repair: "Choose q4 or fp32 files.",
  });
}

const WHOSE = { model: "the model's own vector", wasm: "the vector that WASM gives" } as const;

function gatherData({ data, expanded }: ModelArtifact, files: GatheredFiles) {
  const shipped = data.map(({ path, file }) => ({ path, data: files.bytesOf(file) }));
  if (!expanded) return shipped;
  const source = shipped.find(({ path }) => path === expanded.from)?.data;
  if (!source) {
    throw new RetrievalError("MODEL_UNSUPPORTED", "the weights to expand are not in the card", {
      value: expanded.from,
      repair: "Correct the model card.",
    });
  }
  const plan = JSON.parse(new TextDecoder().decode(files.bytesOf(expanded.plan))) as ExpansionPlan;
  return [...shipped, { path: expanded.path, data: expandWeights(source, plan) }];
}

/** A copy, because a float array must begin at a multiple of four bytes. */
function readFloats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
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
