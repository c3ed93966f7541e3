// The one file that imports ONNX Runtime.
import * as ort from "onnxruntime-web/webgpu";
import { asRetrievalError, RetrievalError } from "@nearfield/core";
import type { GraphInput, Tensor } from "../graph.ts";
import type { RuntimeFiles } from "../rung.ts";
import { readVocabulary } from "../vocabulary.ts";
import type { Gpu } from "./device.ts";
import { Mutex } from "./mutex.ts";

export interface SessionOptions {
  /** Bytes of the `.onnx` file. */
  readonly graph: Uint8Array;
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Absent: WASM. */
  readonly gpu?: Gpu | undefined;
  readonly files: RuntimeFiles;
  readonly threads: number;
}

/** A loaded graph. Runs take turns. After one failed run it is of no use any more, and says so at each call. */
export interface Session {
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphInput[];
  /** Rows of the graph's token table; undefined where they are not known. */
  readonly vocabulary: number | undefined;
  /**
   * Runs the graph with what `makeFeeds` gives, once it is this run's turn. What it throws ends nothing.
   * @param fetch names of the outputs that are wanted; the others are not copied out
   * @throws RetrievalError `DEVICE_LOST`, `INFERENCE_FAILED`, and what `makeFeeds` throws
   */
  run(
    makeFeeds: () => Readonly<Record<string, Tensor>>,
    fetch: readonly string[],
  ): Promise<Readonly<Record<string, Tensor>>>;
}

/** ONNX Runtime's WebGPU part breaks when two calls of one thread overlap, so one mutex covers creation and all runs. */
const turn = new Mutex();

/**
 * Loads a graph. At most once in a thread: a failed creation leaves ONNX Runtime unusable there.
 * @throws RetrievalError `INFERENCE_FAILED`, `DEVICE_LOST`
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const vocabulary = readVocabulary(options.graph);
  const session = await turn.run(() =>
    untilLost(options.gpu, "the model's session could not be made", createSession(options)),
  );
  return serveSession(session, options.gpu, vocabulary);
}

/** Apart from {@link openSession}, so that nothing here holds on to the bytes of graph and weights. */
function serveSession(
  session: ort.InferenceSession,
  gpu: Gpu | undefined,
  vocabulary: number | undefined,
): Session {
  let failure: RetrievalError | undefined;
  return {
    inputs: session.inputMetadata.map(describe),
    outputs: session.outputMetadata.map(describe),
    vocabulary,
    run: (makeFeeds, fetch) =>
      turn.run(async () => {
        // A second run on a session whose device is gone blocks the thread for ever.
        failure ??= gpu?.loss;
        if (failure) throw failure;
        const feeds = Object.entries(makeFeeds()).map(([name, tensor]) => [name, wrap(tensor)]);
        try {
          const run = session.run(Object.fromEntries(feeds), [...fetch]);
          const outputs = await untilLost(gpu, "a run of the model failed", run);
          return outputs as unknown as Record<string, Tensor>; // no text model gives strings
        } catch (thrown) {
          failure = asRetrievalError(thrown, "INFERENCE_FAILED");
          throw failure;
        }
      }),
  };
}

function describe(value: ort.InferenceSession.ValueMetadata): GraphInput {
  const { name } = value;
  return value.isTensor ? { name, type: value.type, shape: value.shape } : { name };
}

function wrap({ type, data, dims }: Tensor): ort.Tensor {
  return new ort.Tensor(type, data, dims);
}

function createSession(options: SessionOptions): Promise<ort.InferenceSession> {
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
