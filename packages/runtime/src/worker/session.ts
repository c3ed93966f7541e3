// The one file that imports ONNX Runtime.
import * as ort from "onnxruntime-web/webgpu";
import { asRetrievalError, RetrievalError } from "@nearfield/core";
import type { RuntimeFiles } from "../rung.ts";
import { decodeFloat16 } from "../float16.ts";
import type { GraphOutput } from "../graph.ts";
import { readVocabulary } from "../vocabulary.ts";
import type { Gpu } from "./device.ts";
import { makeFeeds, type Feed } from "./feeds.ts";
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
   * @throws RetrievalError `DEVICE_LOST`, `INFERENCE_FAILED`; `MODEL_INVALID` for a token that the graph does not have,
   * and `MODEL_UNSUPPORTED` for an input of unknown meaning, both before anything runs
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
  const { graph, output, gpu, padId } = options;
  const vocabulary = readVocabulary(graph);
  const session = await turn.run(() =>
    untilLost(gpu, "the model's session could not be made", createSession(options)),
  );
  return serveSession(session, { output, gpu, padId, vocabulary });
}

interface Service extends Pick<RuntimeOptions, "output" | "gpu" | "padId"> {
  /** Rows of the graph's token table; undefined where they are not known. */
  readonly vocabulary: number | undefined;
}

/** Apart from {@link openRuntime}, so that nothing here holds on to the bytes of graph and weights. */
function serveSession(
  session: ort.InferenceSession,
  { output, gpu, padId, vocabulary }: Service,
): Runtime {
  let failure: RetrievalError | undefined;
  return {
    run: (rows) =>
      turn.run(async () => {
        // A second run on a session whose device is gone blocks the thread for ever.
        failure ??= gpu?.loss;
        if (failure) throw failure;
        checkTokens(rows, vocabulary);
        const feeds = makeTensors(makeFeeds(session.inputMetadata, rows, padId));
        try {
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

function makeTensors(feeds: Readonly<Record<string, Feed>>): Record<string, ort.Tensor> {
  const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [
    name,
    new ort.Tensor(type, data, dims),
  ]);
  return Object.fromEntries(tensors) as Record<string, ort.Tensor>;
}

/** ONNX Runtime would fail for good on one device, and look up another row on the other. */
function checkTokens(rows: readonly (readonly number[])[], vocabulary: number | undefined): void {
  if (vocabulary === undefined) return;
  for (const row of rows) {
    for (const id of row) {
      if (id < vocabulary) continue;
      throw new RetrievalError(
        "MODEL_INVALID",
        "the tokenizer gives a token that the graph lacks",
        {
          value: `${id}, the graph has ${vocabulary}`,
          repair: "Use the tokenizer and the graph of one model.",
        },
      );
    }
  }
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
