import { RetrievalError, type Device, type RerankerCard } from "@nearfield/core";
import type { Job } from "@nearfield/link";
import { gatherFiles, type GatheredFiles } from "@nearfield/models";
import {
  Decoder,
  openEngine,
  openGpu,
  openRuntime,
  requireWasm,
  openSession,
  RUNTIME_FILES,
  usesOperator,
  type Gpu,
} from "@nearfield/runtime/worker";
import type { LoadProgress, LoadReport, LoadRequest } from "../calls.ts";
import { checkKnownScores } from "./known-scores.ts";
import type { Scorer } from "../scorer.ts";
import { PairScorer } from "./pair.ts";
import { Template } from "./template.ts";
import { answersOf, YesNoScorer } from "./yes-no.ts";

export interface LoadedReranker {
  readonly scorer: Scorer;
  readonly report: LoadReport;
}

/**
 * Brings one rung of a reranker up: device, verified files, session, known scores. Only once in a worker; after a failure the
 * worker is of no use.
 * @throws RetrievalError `DEVICE_UNAVAILABLE`, `DEVICE_LOST`, `SCORE_INVALID`, `INFERENCE_FAILED`, `MODEL_*`, `WASM_UNAVAILABLE`, `ABORTED`
 */
export async function loadReranker(
  request: LoadRequest,
  { signal, report }: Pick<Job<LoadProgress>, "signal" | "report">,
): Promise<LoadedReranker> {
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
  const startedAt = performance.now();
  const wanted = [artifact.graph, ...artifact.data.map(({ file }) => file)];
  const files = await gatherFiles([...wanted, card.tokenizer, card.tokenizerConfig], {
    signal,
    model: card.name,
    onProgress: ({ stage, loadedBytes, totalBytes }) => report({ stage, loadedBytes, totalBytes }),
  });
  const fetchedAt = performance.now();
  const all = { loadedBytes: files.byteLength, totalBytes: files.byteLength };
  report({ stage: "session", ...all });
  const threads = gpu || !globalThis.crossOriginIsolated ? 1 : request.threads;
  const scorer = await openScorer(request, device, files, gpu, threads);
  const openedAt = performance.now();
  report({ stage: "known-scores", ...all });
  const knownScores = await checkKnownScores(card, scorer, gpu !== undefined);
  return {
    scorer,
    report: {
      rung,
      device,
      threads,
      adapter: gpu?.adapter ?? "WASM SIMD",
      knownScores,
      fetchMs: fetchedAt - startedAt,
      sessionMs: openedAt - fetchedAt,
      knownScoresMs: performance.now() - openedAt,
      notStored: files.notStored,
    },
  };
}

async function openScorer(
  { card, runtime }: LoadRequest,
  device: Device,
  files: GatheredFiles,
  gpu: Gpu | undefined,
  threads: number,
): Promise<Scorer> {
  const artifact = card.artifacts[device] as NonNullable<RerankerCard["artifacts"][Device]>;
  const engines = [files.bytesOf(card.tokenizer), files.bytesOf(card.tokenizerConfig)] as const;
  const markup = openEngine(...engines);
  const text = openEngine(...engines, { asText: true });
  const graph = files.bytesOf(artifact.graph);
  const isGrouped = usesOperator(graph, "GroupQueryAttention");
  const session = {
    graph,
    externalData: artifact.data.map(({ path, file }) => ({ path, data: files.bytesOf(file) })),
    gpu,
    files: runtime ?? RUNTIME_FILES[device],
    threads,
  };
  const { scoring } = card;
  switch (scoring.kind) {
    case "yes-no": {
      // Before the session, which takes seconds: a vocabulary without yes and no needs none.
      const answers = answersOf(scoring, markup);
      const template = new Template({ card, scoring, markup, text });
      const decoder = new Decoder(await openSession(session), markup.padId);
      files.release();
      const batchesBehindCache = !isGrouped;
      return new YesNoScorer({ device, decoder, template, answers, batchesBehindCache });
    }
    case "pair": {
      const opened = await openRuntime({ ...session, output: "logits", padId: markup.padId });
      files.release();
      return new PairScorer({ card, scoring, device, runtime: opened, markup, text });
    }
    default:
      return scoring satisfies never;
  }
}
