import { RetrievalError, type Device } from "@nearfield/core";
import type { Handlers, Job } from "@nearfield/link";
import { gatherFiles } from "@nearfield/models";
import {
  Decoder,
  openEngine,
  openGpu,
  openSession,
  requireWasm,
  RUNTIME_FILES,
} from "@nearfield/runtime/worker";
import type { LoadReport, LoadRequest, ReasonCalls } from "../calls.ts";
import { Generator } from "./generator.ts";
import { checkKnownThoughts } from "./known-thoughts.ts";

interface Loaded {
  readonly generator: Generator;
  readonly report: LoadReport;
}

/** The calls of a generator's worker: `load` once, then the others. */
export function createHandlers(): Handlers<ReasonCalls> {
  let loading: Promise<Loaded> | undefined;
  return {
    load: async (request, job) => {
      if (loading) throw new RetrievalError("INTERNAL", "a worker loads one model, once");
      loading = load(request, job);
      return (await loading).report;
    },

    write: async (request, job) => {
      if (!loading) throw new RetrievalError("INTERNAL", "this worker has not loaded a model yet");
      const { generator } = await loading;
      return generator.write(request, {
        signal: job.signal,
        onToken: (tokens) => job.report({ tokens }),
      });
    },
  };
}

async function load(
  { card, rung, runtime, threads: wanted }: LoadRequest,
  job: Job<ReasonCalls["load"]["progress"]>,
): Promise<Loaded> {
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
  const paths = [artifact.graph, ...artifact.data.map(({ file }) => file)];
  const files = await gatherFiles([...paths, card.tokenizer, card.tokenizerConfig], {
    signal: job.signal,
    model: card.name,
    onProgress: ({ stage, loadedBytes }) => job.report({ stage, loadedBytes }),
  });
  job.report({ stage: "session", loadedBytes: files.byteLength });
  const engines = [files.bytesOf(card.tokenizer), files.bytesOf(card.tokenizerConfig)] as const;
  const markup = openEngine(...engines);
  const text = openEngine(...engines, { asText: true });
  const threads = gpu || !globalThis.crossOriginIsolated ? 1 : wanted;
  const session = await openSession({
    graph: files.bytesOf(artifact.graph),
    externalData: artifact.data.map(({ path, file }) => ({ path, data: files.bytesOf(file) })),
    gpu,
    files: runtime ?? RUNTIME_FILES[device],
    threads,
  });
  files.release();
  const decoder = new Decoder(session, markup.padId);
  const generator = new Generator({ card, decoder, markup, text });
  job.report({ stage: "known-thoughts", loadedBytes: files.byteLength });
  const onGpu = gpu !== undefined;
  const check = await checkKnownThoughts({ card, generator, decoder, engine: text, onGpu });
  return { generator, report: { rung, threads, adapter: gpu?.adapter ?? "WASM SIMD", check } };
}
