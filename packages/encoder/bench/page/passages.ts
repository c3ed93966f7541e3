import { env, pipeline } from "@huggingface/transformers";
import type { Dtype } from "@nearfield/core";
import { createTokenizer, RUNTIME_FILES } from "@nearfield/runtime/worker";
import { EncoderClient } from "../../src/client.ts";
import { readFolder } from "../../src/fixtures/repository.ts";

export interface PassagesJob {
  /** Address of the folder that the model's folder is in, with a slash at its end. */
  readonly models: string;
  readonly model: string;
  readonly dtype: Dtype;
  readonly texts: readonly string[];
  /** Undefined: what the library chooses. */
  readonly threads?: number | undefined;
  readonly rounds: number;
}

export interface PeerJob extends PassagesJob {
  /** Texts of one call of the pipeline. */
  readonly batch: number;
  /** The build of ONNX Runtime: the one that transformers.js takes by itself, or the smaller one for WASM. */
  readonly build: "asyncify" | "plain";
}

export interface Timing {
  /** Of each round over all texts. */
  readonly ms: readonly number[];
  /** The first texts' vectors, to see that both computed the same. */
  readonly sample: readonly (readonly number[])[];
}

const SAMPLE = 8;

/** Tokens of all texts with the special tokens, as the model's limit leaves them. */
export async function countTokens(job: PassagesJob): Promise<{ tokens: number }> {
  const { document } = await readFolder(`${job.models}${job.model}/`, { dtype: job.dtype });
  const bytesOf = async (url: string) => new Uint8Array(await (await fetch(url)).arrayBuffer());
  const tokenizer = createTokenizer(
    await bytesOf(document.tokenizer.url),
    await bytesOf(document.tokenizerConfig.url),
  );
  const rows = job.texts.map((text) => tokenizer.encode(text, document.maxTokens));
  return { tokens: rows.reduce((sum, { length }) => sum + length, 0) };
}

export async function measureNearfield(job: PassagesJob): Promise<Timing & { threads: number }> {
  const { document } = await readFolder(`${job.models}${job.model}/`, { dtype: job.dtype });
  using client = new EncoderClient({
    card: document,
    role: "document",
    device: "wasm",
    threads: job.threads,
  });
  await client.encode(job.texts.slice(0, SAMPLE)); // warm
  const ms: number[] = [];
  let vectors: Float32Array[] = [];
  for (let round = 0; round < job.rounds; round++) {
    const start = performance.now();
    vectors = await client.encode(job.texts);
    ms.push(performance.now() - start);
  }
  const sample = vectors.slice(0, SAMPLE).map((vector) => [...vector]);
  return { ms, sample, threads: client.status().threads ?? 1 };
}

/** The pipeline as its documentation writes it: mean pooling, normalized, texts in their order. */
export async function measureTransformers(job: PeerJob): Promise<Timing & { threads: number }> {
  const { wasm } = env.backends.onnx;
  if (!wasm) throw new Error("transformers.js has no WASM backend");
  env.allowLocalModels = false;
  env.remoteHost = job.models;
  env.remotePathTemplate = "{model}/";
  env.useBrowserCache = false;
  env.useWasmCache = false;
  wasm.wasmPaths = { ...RUNTIME_FILES[job.build === "plain" ? "wasm" : "webgpu"] };
  if (job.threads !== undefined) wasm.numThreads = job.threads;
  const extract = await pipeline("feature-extraction", job.model, {
    device: "wasm",
    dtype: job.dtype === "q8" ? "q8" : "fp32",
  });
  const options = { pooling: "mean", normalize: true } as const;
  await extract(job.texts.slice(0, SAMPLE) as string[], options); // warm
  const ms: number[] = [];
  const sample: number[][] = [];
  for (let round = 0; round < job.rounds; round++) {
    const start = performance.now();
    for (let at = 0; at < job.texts.length; at += job.batch) {
      const output = await extract(job.texts.slice(at, at + job.batch) as string[], options);
      if (round === 0 && sample.length < SAMPLE) sample.push(...(output.tolist() as number[][]));
    }
    ms.push(performance.now() - start);
  }
  return { ms, sample: sample.slice(0, SAMPLE), threads: wasm.numThreads ?? 1 };
}
