// A session and nothing around it, in a worker as the encoder's is.
import * as ort from "onnxruntime-web/webgpu";
import { RUNTIME_FILES } from "@nearfield/runtime/worker";

export interface BareJob {
  readonly graph: string;
  readonly output: string;
  readonly rows: readonly (readonly number[])[];
}

let session: ort.InferenceSession | undefined;
let output = "";
let feeds: readonly Record<string, ort.Tensor>[] = [];

/** The job first; then the number of a row, answered by the milliseconds of its run. */
globalThis.onmessage = async ({ data }: MessageEvent<BareJob | number>) => {
  if (typeof data !== "number") {
    await open(data);
    globalThis.postMessage("ready");
    return;
  }
  const start = performance.now();
  await session?.run(feeds[data] ?? {}, [output]);
  globalThis.postMessage(performance.now() - start);
};

async function open(job: BareJob): Promise<void> {
  ort.env.wasm.wasmPaths = { ...RUNTIME_FILES.wasm };
  ort.env.wasm.numThreads = 1;
  const graph = new Uint8Array(await (await fetch(job.graph)).arrayBuffer());
  const opened = await ort.InferenceSession.create(graph, { executionProviders: ["wasm"] });
  session = opened;
  output = job.output;
  feeds = job.rows.map((row) => {
    const tensor = (data: BigInt64Array) => new ort.Tensor("int64", data, [1, row.length]);
    const all: Record<string, ort.Tensor> = {
      input_ids: tensor(BigInt64Array.from(row, BigInt)),
      attention_mask: tensor(new BigInt64Array(row.length).fill(1n)),
      token_type_ids: tensor(new BigInt64Array(row.length)),
    };
    return Object.fromEntries(opened.inputNames.map((name) => [name, all[name] as ort.Tensor]));
  });
}
