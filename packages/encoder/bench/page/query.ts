import type { Dtype } from "@nearfield/core";
import { createTokenizer } from "@nearfield/runtime/worker";
import { EncoderClient } from "../../src/client.ts";
import { readFolder } from "../../src/fixtures/repository.ts";
import type { BareJob } from "./bare-worker.ts";

export interface QueryJob {
  readonly models: string;
  readonly model: string;
  readonly dtype: Dtype;
  readonly queries: readonly string[];
  readonly rounds: number;
}

export interface QueryTiming {
  readonly tokens: readonly number[];
  /** Of a bare `session.run` of the query's tokens, inside a worker, for each query and round. */
  readonly bareMs: readonly number[];
  /** The same as the page sees it: the run, there and back. */
  readonly bareTripMs: readonly number[];
  /** Of the encoder as the page sees it, worker and all. */
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
  const rows = job.queries.map((text) => tokenizer.encode(text, query.maxTokens));
  const worker = new Worker(new URL("./bare-worker.ts", import.meta.url), { type: "module" });
  const ask = (message: BareJob | number) =>
    new Promise<unknown>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = () => reject(new Error("the bare session failed"));
      worker.postMessage(message);
    });
  const graph = query.artifacts.wasm?.graph.url ?? "";
  await ask({ graph, output: query.output, rows });
  const timing = {
    bareMs: [] as number[],
    bareTripMs: [] as number[],
    encodeMs: [] as number[],
    hopMs: [] as number[],
  };
  const time = async (work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  for (let round = 0; round <= job.rounds; round++) {
    for (const [at, text] of job.queries.entries()) {
      let bareMs = 0;
      let bareTripMs = 0;
      let encodeMs = 0;
      const bare = async () => {
        bareTripMs = await time(async () => (bareMs = Number(await ask(at))));
      };
      const own = async () => {
        encodeMs = await time(() => client.encode([text]));
      };
      // Who goes second finds the processor as the first left it: each is the first in every other round.
      for (const run of round % 2 === 0 ? [bare, own] : [own, bare]) await run();
      const hopMs = await time(() => client.encode([]));
      // The first round only warms the bare session.
      if (round === 0) continue;
      timing.bareMs.push(bareMs);
      timing.bareTripMs.push(bareTripMs);
      timing.encodeMs.push(encodeMs);
      timing.hopMs.push(hopMs);
    }
  }
  worker.terminate();
  return { tokens: rows.map((row) => row.length), ...timing };
}
