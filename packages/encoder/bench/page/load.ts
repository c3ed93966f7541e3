import type { Dtype } from "@nearfield/core";
import { EncoderClient } from "../../src/client.ts";
import { readFolder } from "../../src/fixtures/repository.ts";
import type { EncoderStatus } from "../../src/status.ts";

export interface LoadJob {
  readonly models: string;
  readonly model: string;
  readonly dtype: Dtype;
  /** Of a query, special tokens included. */
  readonly tokens: number;
  readonly rounds: number;
}

export interface LoadTiming {
  readonly status: EncoderStatus;
  readonly bytes: number;
  readonly queryMs: readonly number[];
}

/** A model from the first byte to the last of some queries. */
export async function measureLoad(job: LoadJob): Promise<LoadTiming> {
  const { query } = await readFolder(`${job.models}${job.model}/`, { dtype: job.dtype });
  // Cut at the wanted length, a long text has just that many tokens.
  const card = { ...query, maxTokens: job.tokens, prompts: { query: "", document: "" } };
  const text = "search ".repeat(job.tokens);
  using client = new EncoderClient({ card, role: "query", device: "wasm" });
  await client.start();
  const queryMs: number[] = [];
  for (let round = 0; round < job.rounds; round++) {
    const start = performance.now();
    await client.encode([text]);
    queryMs.push(performance.now() - start);
  }
  const artifact = query.artifacts.wasm;
  const files = artifact ? [artifact.graph, ...artifact.data.map(({ file }) => file)] : [];
  const bytes = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { status: client.status(), bytes, queryMs };
}
