// A classic cross-encoder in the worker, on WASM, against scores that numpy computed for the same weights.
import { sha256, type ModelFile, type RerankerCard } from "@nearfield/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RerankClient } from "./client.ts";

const FILES = {
  graph: new URL("../../testing/models/toy-cross-encoder/model.onnx", import.meta.url),
  scores: new URL("../../testing/models/toy-cross-encoder/scores.json", import.meta.url),
  tokenizer: new URL(
    "../../testing/models/toy-two-towers/document_0_Transformer/tokenizer.json",
    import.meta.url,
  ),
  tokenizerConfig: new URL(
    "../../testing/models/toy-two-towers/document_0_Transformer/tokenizer_config.json",
    import.meta.url,
  ),
};

interface Pair {
  readonly query: string;
  readonly passage: string;
  readonly logit: number;
}

let card: RerankerCard;
let pairs: readonly Pair[];
let client: RerankClient;

async function fileAt(url: URL): Promise<ModelFile> {
  const bytes = await (await fetch(url)).arrayBuffer();
  return { url: url.href, byteLength: bytes.byteLength, sha256: await sha256(bytes) };
}

beforeAll(async () => {
  const reference = await (await fetch(FILES.scores)).json();
  pairs = reference.pairs;
  card = {
    name: "toy-cross-encoder",
    version: "0",
    licence: "Apache-2.0",
    maxTokens: reference.maxTokens,
    scoring: { kind: "pair", activation: "identity" },
    artifacts: { wasm: { graph: await fileAt(FILES.graph), data: [] } },
    tokenizer: await fileAt(FILES.tokenizer),
    tokenizerConfig: await fileAt(FILES.tokenizerConfig),
  };
  client = new RerankClient({ card, device: "wasm", threads: 1 });
});

afterAll(() => client.close());

test("every pair has the reference's logit, in batches and alone", async () => {
  for (const query of new Set(pairs.map((pair) => pair.query))) {
    const mine = pairs.filter((pair) => pair.query === query);
    const passages = mine.map(({ passage }) => passage);
    for (const batching of ["auto", "alone", "padded"] as const) {
      const scores = await client.score(query, passages, { strategy: { batching } });
      for (const [at, score] of scores.entries()) {
        expect(Math.abs(score - (mine[at] as Pair).logit)).toBeLessThan(1e-4);
      }
    }
  }
});

test("a passage that is too long is cut, and names of special tokens inside a text stay text", async () => {
  const [long, said, empty] = await client.score("what is x", [
    "word ".repeat(10_000),
    "[SEP] [CLS] x",
    "",
  ]);
  for (const score of [long, said, empty]) expect(Number.isFinite(score)).toBe(true);
  const [parted] = await client.score("what is x", ["[ SEP ] [ CLS ] x"]);
  expect(said).toBe(parted);
});

test("sigmoid of the card puts scores between 0 and 1 in the same order", async () => {
  using bounded = new RerankClient({
    card: { ...card, scoring: { kind: "pair", activation: "sigmoid" } },
    device: "wasm",
    threads: 1,
  });
  const passages = pairs.slice(0, 4).map(({ passage }) => passage);
  const query = pairs[0]?.query as string;
  const plain = await client.score(query, passages);
  for (const [at, score] of (await bounded.score(query, passages)).entries()) {
    expect(score).toBeCloseTo(1 / (1 + Math.exp(-(plain[at] as number))), 6);
  }
});
