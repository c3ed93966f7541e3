import type { RepositoryCard } from "@nearfield/core";
import { describe, expect, test } from "vitest";
import { validateRepositoryCard } from "./card.ts";
import { BUILT_IN_CARDS, findCard } from "./cards.ts";
import { creT1Cards, type CreT1Options } from "./cards/cre.ts";
import { checkTowers, isTowers, towersOf } from "./towers.ts";

const towers = [...BUILT_IN_CARDS].map(([name, model]) => [name, towersOf(model)] as const);
const single = (name: string) => findCard(name) as RepositoryCard;

describe("the built-in cards", () => {
  test.for(towers)("%s is sound, and its towers are of one space", ([, pair]) => {
    validateRepositoryCard(pair.query);
    validateRepositoryCard(pair.document);
    checkTowers(pair);
  });

  test("are found by the model's repository, its export's, a short name, in any case", () => {
    for (const name of [
      "sentence-transformers/all-MiniLM-L6-v2",
      "Xenova/all-MiniLM-L6-v2",
      "ALL-minilm-l6-v2",
      " all-minilm ",
    ]) {
      expect(single(name).name).toBe("sentence-transformers/all-MiniLM-L6-v2");
    }
    expect(isTowers(single("mdbr-leaf-ir-asym"))).toBe(true);
    expect(findCard("someone/else")).toBeUndefined();
  });

  // A wrong character in a prompt moves every vector, and nothing else would notice.
  test.for([
    ["Qwen/Qwen3-Embedding-0.6B", "Instruct: {instruction}\nQuery:", ""],
    ["Kingsoft-LLM/QZhou-Embedding", "Instruct: {instruction}\nQuery:", ""],
    ["all-MiniLM-L6-v2", "", ""],
    ["bge-small-en-v1.5", "Represent this sentence for searching relevant passages: ", ""],
    ["e5-small-v2", "query: ", "passage: "],
    ["multilingual-e5-small", "query: ", "passage: "],
    ["gte-small", "", ""],
    ["snowflake-arctic-embed-xs", "Represent this sentence for searching relevant passages: ", ""],
    ["mdbr-leaf-ir", "Represent this sentence for searching relevant passages: ", ""],
    ["nomic-embed-text-v1.5", "search_query: ", "search_document: "],
    ["embeddinggemma-300m", "task: search result | query: ", "title: none | text: "],
  ] as const)("%s has its prompts to the character", ([name, query, document]) => {
    expect(single(name).prompts).toEqual({ query, document });
  });

  test.for([
    ["Qwen/Qwen3-Embedding-0.6B", "last-token", 1024],
    ["Qwen/Qwen3-Embedding-4B", "last-token", 2560],
    ["Qwen/Qwen3-Embedding-8B", "last-token", 4096],
    ["Kingsoft-LLM/QZhou-Embedding", "mean", 3584],
    ["bge-small-en-v1.5", "cls", 384],
    ["snowflake-arctic-embed-s", "cls", 384],
    ["mdbr-leaf-ir", "mean", 768],
    ["e5-small-v2", "mean", 384],
    ["embeddinggemma-300m", "in-graph", 768],
  ] as const)("%s is pooled by %s to %i components", ([name, pooling, dimensions]) => {
    expect(single(name)).toMatchObject({ pooling, dimensions });
  });
});

/** Parameters of a decoder of this family, calculated from its shape. */
function countParameters({ network, hiddenSize, dimensions }: RepositoryCard): number {
  const h = hiddenSize ?? dimensions;
  const { vocabulary = 0, layers = 0, heads = 0, keyValueHeads = 0 } = network ?? {};
  const { headDimensions = 0, intermediateSize = 0 } = network ?? {};
  const projections = 2 * h * heads * headDimensions + 2 * h * keyValueHeads * headDimensions;
  return vocabulary * h + layers * (projections + 3 * h * intermediateSize + 2 * h) + h;
}

describe("the shape on a card gives the published number of parameters", () => {
  test.for(["0.6B", "4B", "8B"])("Qwen3-Embedding-%s", (size) => {
    const card = single(`Qwen/Qwen3-Embedding-${size}`);
    const { layers = 0, headDimensions = 0, parameters } = card.network ?? {};
    const norms = 2 * layers * headDimensions; // of queries and keys
    expect(countParameters(card) + norms).toBe(parameters);
  });

  test("QZhou-Embedding, with biases instead of norms", () => {
    const card = single("QZhou-Embedding");
    const {
      layers = 0,
      heads = 0,
      keyValueHeads = 0,
      headDimensions = 0,
      parameters,
    } = card.network ?? {};
    const biases = layers * (heads + 2 * keyValueHeads) * headDimensions;
    expect(countParameters(card) + biases).toBe(parameters);
  });

  test("QZhou-Embedding-Zh, with the layer behind the network", () => {
    const card = single("QZhou-Embedding-Zh");
    const { layers = 0, headDimensions = 0, parameters } = card.network ?? {};
    const layer = 4096 * 1792 + 1792;
    expect(countParameters(card) + 2 * layers * headDimensions + layer).toBe(parameters);
  });
});

describe("CRE-T1", () => {
  const tower = {
    prompt: "",
    tokenizer: { path: "query/tokenizer.json" },
    tokenizerConfig: { path: "query/tokenizer_config.json" },
    artifacts: [],
  };
  const options: CreT1Options = {
    repository: "toys/cre-t1",
    revision: "main",
    endToken: { text: "<emb_token>", id: 1472, appendedBy: "encoder" },
    instruction: "",
    queryStep: "thought",
    normalize: true,
    query: { ...tower, prompt: "Q: " },
    document: tower,
    dimensions: 96,
    maxTokens: 512,
  };

  test("is not found by name, because what is not published can not be looked up", () => {
    expect(() => findCard("CITech/CRE-T1-SFT-preview-1202")).toThrow(
      /^MODEL_UNSUPPORTED.*creT1Cards/,
    );
    expect(() => findCard("cre-t1")).toThrow(/^MODEL_UNSUPPORTED/);
  });

  test("has two towers from what the caller knows; only the query's takes a thought", () => {
    const { query, document } = creT1Cards(options);
    expect(query).toMatchObject({
      queryStep: "thought",
      prompts: { query: "Q: " },
      dimensions: 96,
    });
    expect(document.queryStep).toBeUndefined();
    expect(document.endToken).toEqual(options.endToken);
  });

  test("takes the published sizes where none are given", () => {
    const { query } = creT1Cards({ ...options, dimensions: undefined, maxTokens: undefined });
    expect(query).toMatchObject({ dimensions: 1536, maxTokens: 8000 });
  });
});
