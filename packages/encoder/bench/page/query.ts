import type { Dtype } from "@nearfield/core";
import * as ort from "onnxruntime-web/webgpu";
import { createTokenizer, RUNTIME_FILES } from "@nearfield/runtime/worker";
import { EncoderClient } from "../../src/client.ts";
import { readFolder } from "../../src/fixtures/repository.ts";

export interface QueryJob {
  readonly models: string;
  readonly model: string;
  readonly dtype: Dtype;
  readonly queries: readonly string[];
  readonly rounds: number;
}

export interface QueryTiming {
  readonly tokens: readonly number[];
  /** Of a bare `session.run` of the query's tokens, for each query and round. */
  readonly bareMs: readonly number[];
  /** Of the encoder on the page, worker and all. */
  readonly encodeMs: readonly number[];
  /** Of an encoder's call without a text: there, back, and nothing else. */
  readonly hopMs: readonly number[];
}

/** One thread for both, each query in turn, so that what else the machine does falls on all alike. */
export async function measureQuery(job: QueryJob): Promise<QueryTiming> {
  const { query } = await readFolder(`${job.models}${job.model}/`, { dtype: job.dtype });
  using client = new EncoderClient({ card: query, role: "query", device: "wasm", threads: 1 });
  await client.encode(job.queries);
  const bytesOf = async (url: string) => new Uint8Array(await (await fetch(url)).arrayBuffer());
  const tokenizer = createTokenizer(
    await bytesOf(query.tokenizer.url),
    await bytesOf(query.tokenizerConfig.url),
  );
  ort.env.wasm.wasmPaths = { ...RUNTIME_FILES.wasm };
  ort.env.wasm.numThreads = 1;
  const graph = await bytesOf(query.artifacts.wasm?.graph.url ?? "");
  const session = await ort.InferenceSession.create(graph, { executionProviders: ["wasm"] });
  const feeds = job.queries.map((text) => {
    const ids = BigInt64Array.from(tokenizer.encode(text, query.maxTokens), BigInt);
    const tensor = (data: BigInt64Array) => new ort.Tensor("int64", data, [1, ids.length]);
    const ones = new BigInt64Array(ids.length).fill(1n);
    const zeros = new BigInt64Array(ids.length);
    const all: Record<string, ort.Tensor> = {
      input_ids: tensor(ids),
      attention_mask: tensor(ones),
      token_type_ids: tensor(zeros),
    };
    return Object.fromEntries(session.inputNames.map((name) => [name, all[name] as ort.Tensor]));
  });
  const tokens = feeds.map(({ input_ids: ids }) => ids?.size ?? 0);
  const times = { bareMs: [] as number[], encodeMs: [] as number[], hopMs: [] as number[] };
  const time = async (into: number[], work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    into.push(performance.now() - start);
  };
  for (let round = 0; round <= job.rounds; round++) {
    for (const [at, text] of job.queries.entries()) {
      // The first round warms the bare session.
      const { bareMs, encodeMs, hopMs } =
        round === 0 ? { bareMs: [], encodeMs: [], hopMs: [] } : times;
      await time(bareMs, () => session.run(feeds[at] ?? {}, [query.output]));
      await time(encodeMs, () => client.encode([text]));
      await time(hopMs, () => client.encode([]));
    }
  }
  return { tokens, ...times };
}
