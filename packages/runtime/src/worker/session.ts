// The one file that imports ONNX Runtime.
import * as ort from "onnxruntime-web/webgpu";
import { asRetrievalError, RetrievalError } from "@nearfield/core";
import type { RuntimeFiles } from "../rung.ts";
import { decodeFloat16 } from "../float16.ts";
import type { GraphOutput } from "../graph.ts";
import type { Gpu } from "./device.ts";
import { Mutex } from "./mutex.ts";

export interface RuntimeOptions {
  /** Bytes of the `.onnx` file. */
  readonly graph: Uint8Array;
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Name of the one output that is ever fetched. */
  readonly output: string;
  /** Absent: WASM. */
  readonly gpu?: Gpu | undefined;
  readonly files: RuntimeFiles;
  readonly threads: number;
  readonly padId: number;
}

/** A loaded graph. Runs take turns. After one failed run it is of no use any more, and says so at each call. */
export interface Runtime {
  /**
   * Runs a right-padded batch.
   * @throws RetrievalError `DEVICE_LOST`, `INFERENCE_FAILED`
   */
  run(rows: readonly (readonly number[])[]): Promise<GraphOutput>;
}

/** ONNX Runtime's WebGPU part breaks when two calls of one thread overlap, so one mutex covers creation and all runs. */
const turn = new Mutex();

/**
 * Loads a graph. At most once in a thread: a failed creation leaves ONNX Runtime unusable there.
 * @throws RetrievalError `INFERENCE_FAILED`, `DEVICE_LOST`
 */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  const session = await turn.run(() =>
    untilLost(options.gpu, "the model's session could not be made", createSession(options)),
  );
  return serveSession(session, options);
}

/** Apart from {@link openRuntime}, so that nothing here holds on to the bytes of graph and weights. */
function serveSession(
  session: ort.InferenceSession,
  { output, gpu, padId }: Pick<RuntimeOptions, "output" | "gpu" | "padId">,
): Runtime {
  let failure: RetrievalError | undefined;
  return {
    run: (rows) =>
      turn.run(async () => {
        // A second run on a session whose device is gone blocks the thread for ever.
        failure ??= gpu?.loss;
        if (failure) throw failure;
        try {
          const feeds = makeFeeds(session.inputMetadata, rows, padId);
          const run = session.run(feeds, [output]);
          const outputs = await untilLost(gpu, "a run of the model failed", run);
          return readOutput(outputs[output], output);
        } catch (thrown) {
          failure = asRetrievalError(thrown, "INFERENCE_FAILED");
          throw failure;
        }
      }),
  };
}

function createSession(options: RuntimeOptions): Promise<ort.InferenceSession> {
  const { graph, externalData, gpu, files, threads } = options;
  ort.env.wasm.wasmPaths = { mjs: files.mjs, wasm: files.wasm };
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  return ort.InferenceSession.create(graph, {
    executionProviders: [gpu ? { name: "webgpu", device: gpu.device } : "wasm"],
    externalData: externalData.map(({ path, data }) => ({ path, data })),
    logSeverityLevel: 3, // errors
  });
}

/** Gives up on `work` when the device goes away: then it may never settle. */
async function untilLost<T>(gpu: Gpu | undefined, problem: string, work: Promise<T>): Promise<T> {
  try {
    if (!gpu) return await work;
    return await Promise.race([
      work,
      gpu.lost.then((loss) => {
        throw loss;
      }),
    ]);
  } catch (thrown) {
    work.catch(() => {});
    if (gpu) await lossMayFollow(gpu);
    throw gpu?.loss ?? failed(problem, thrown);
  }
}

function failed(problem: string, thrown: unknown): RetrievalError {
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  return new RetrievalError("INFERENCE_FAILED", `${problem}: ${said}`, {
    repair: "Check that the app serves the files of ONNX Runtime, or try another device or model.",
    cause: thrown,
  });
}

/** A run can reject some milliseconds before the loss that made it fail is announced. */
const LOSS_DELAY_MS = 100;

function lossMayFollow(gpu: Gpu): Promise<unknown> {
  return Promise.race([gpu.lost, new Promise((resolve) => setTimeout(resolve, LOSS_DELAY_MS))]);
}

type Metadata = ort.InferenceSession.ValueMetadata;

/** One tensor for each input that the graph asks for; text models ask for no others than these. */
function makeFeeds(
  inputs: readonly Metadata[],
  rows: readonly (readonly number[])[],
  padId: number,
): Record<string, ort.Tensor> {
  const width = Math.max(...rows.map((row) => row.length));
  const fill = (value: (id: number | undefined, at: number) => number) =>
    rows.flatMap((row) => Array.from({ length: width }, (_, at) => value(row[at], at)));
  const feeds: Record<string, ort.Tensor> = {};
  for (const input of inputs) {
    const integers = (values: readonly number[]) =>
      makeIntegers(input, values, [rows.length, width]);
    if (input.name === "input_ids") feeds[input.name] = integers(fill((id) => id ?? padId));
    else if (input.name === "attention_mask") {
      feeds[input.name] = integers(fill((id) => (id === undefined ? 0 : 1)));
    } else if (input.name === "position_ids") feeds[input.name] = integers(fill((_, at) => at));
    else if (input.name === "token_type_ids") feeds[input.name] = integers(fill(() => 0));
    else if (input.name.startsWith("past_key_values")) {
      feeds[input.name] = makeEmptyCache(input, rows.length);
    } else {
      throw new RetrievalError("MODEL_UNSUPPORTED", "the graph has an input of unknown meaning", {
        value: input.name,
        repair: "Choose an export for feature extraction.",
      });
    }
  }
  return feeds;
}

function makeIntegers(input: Metadata, values: readonly number[], dims: number[]): ort.Tensor {
  return input.isTensor && input.type === "int32"
    ? new ort.Tensor("int32", Int32Array.from(values), dims)
    : new ort.Tensor("int64", BigInt64Array.from(values, BigInt), dims);
}

/** Decoder exports want the keys and values of earlier tokens: there are none. */
function makeEmptyCache(input: Metadata, rows: number): ort.Tensor {
  const shape = input.isTensor ? input.shape : [];
  const dims = [rows, Number(shape[1]), 0, Number(shape[3])];
  return input.isTensor && input.type === "float16"
    ? new ort.Tensor("float16", new Uint16Array(0), dims)
    : new ort.Tensor("float32", new Float32Array(0), dims);
}

function readOutput(tensor: ort.Tensor | undefined, name: string): GraphOutput {
  if (tensor?.type === "float32") {
    return { data: tensor.data as Float32Array, shape: tensor.dims };
  }
  if (tensor?.type === "float16") {
    const { data } = tensor;
    const floats =
      data instanceof Uint16Array ? decodeFloat16(data) : Float32Array.from(data as never);
    return { data: floats, shape: tensor.dims };
  }
  throw new RetrievalError("MODEL_UNSUPPORTED", `the graph's output "${name}" is not of numbers`, {
    value: tensor?.type,
    repair: "Correct the output of the model card.",
  });
}
