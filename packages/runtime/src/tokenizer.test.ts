import { readFile } from "node:fs/promises";
import { Tokenizer as Engine } from "@huggingface/tokenizers";
import { describe, expect, test } from "vitest";
import { createTokenizer, type TokenizerRecipe } from "./tokenizer.ts";

const POCKET = new URL("../../pocket/", import.meta.url);
const TOYS = new URL("../../testing/models/", import.meta.url);
const PROMPT =
  "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:";

async function readJson<T>(url: URL): Promise<T> {
  return JSON.parse(await readFile(url, "utf8")) as T;
}

async function readTokenizer(folder: URL, recipe?: TokenizerRecipe) {
  const [tokenizer, config] = await Promise.all([
    readFile(new URL("tokenizer.json", folder)),
    readFile(new URL("tokenizer_config.json", folder)),
  ]);
  return createTokenizer(tokenizer, config, recipe);
}

/** Ids without pieces and limits, from the library itself. */
async function readEngine(folder: URL) {
  const engine = new Engine(
    await readJson<object>(new URL("tokenizer.json", folder)),
    await readJson<object>(new URL("tokenizer_config.json", folder)),
  );
  return (text: string) => engine.encode(text).ids;
}

const pocket = await readTokenizer(new URL("model/", POCKET));
const qwen3 = await readTokenizer(new URL("toy-qwen3-embedding/", TOYS));
const wholes = {
  pocket: await readEngine(new URL("model/", POCKET)),
  qwen3: await readEngine(new URL("toy-qwen3-embedding/", TOYS)),
};
const qzhou = await readTokenizer(new URL("toy-qzhou-embedding/", TOYS));

describe("token ids are those of the reference", () => {
  test("pocket: all 37 texts, those with special tokens in them and those that are cut", async () => {
    const texts = await readJson<string[]>(new URL("reference/texts.json", POCKET));
    const tokens = await readJson<number[][]>(new URL("reference/tokens.json", POCKET));
    expect(texts.map((text) => pocket.encode(text, 256))).toEqual(tokens);
  });

  test.for([
    ["toy-qwen3-embedding", "query"],
    ["toy-qwen3-embedding", "document"],
    ["toy-qzhou-embedding", "query"],
    ["toy-qzhou-embedding", "document"],
  ] as const)("%s, %s: all 33 texts with their prompt", async ([folder, role]) => {
    const tokenizer = await readTokenizer(new URL(`${folder}/`, TOYS));
    const texts = await readJson<string[]>(new URL("texts.json", TOYS));
    const tokens = await readJson<number[][]>(new URL(`${folder}/${role}.tokens.json`, TOYS));
    const prompt = role === "query" ? PROMPT : "";
    expect(texts.map((text) => tokenizer.encode(prompt + text, 512))).toEqual(tokens);
  });

  test("transformers.js gives the same ids", async () => {
    const { PreTrainedTokenizer } = await import("@huggingface/transformers");
    const texts = await readJson<string[]>(new URL("reference/texts.json", POCKET));
    const theirs = new PreTrainedTokenizer(
      await readJson<object>(new URL("model/tokenizer.json", POCKET)),
      await readJson<object>(new URL("model/tokenizer_config.json", POCKET)),
    );
    const noLimit = 10_000;
    for (const text of texts) expect(pocket.encode(text, noLimit)).toEqual(theirs.encode(text));
  });
});

describe("a text that is too long", () => {
  test("loses its end and keeps the closing special token", () => {
    const long = "water ".repeat(1_000);
    const [first, last] = pocket.encode("", 16) as [number, number];
    expect(pocket.encode(long, 16)).toHaveLength(16);
    expect(pocket.encode(long, 16).at(0)).toBe(first);
    expect(pocket.encode(long, 16).at(-1)).toBe(last);
    expect(qwen3.encode(long, 16).at(-1)).toBe(qwen3.encode("", 16).at(-1));
    expect(qzhou.encode(long, 16)).toHaveLength(16);
  });

  test.for([
    ["words", "The tide table lists 24 heights; "],
    ["white space", "a \n\t   b          "],
    ["a script without white space", "東京は日本の首都です。"],
  ] as const)("has the first ids of the whole: %s", ([, phrase]) => {
    const text = phrase.repeat(1_000);
    for (const [tokenizer, whole] of [
      [pocket, wholes.pocket(text)],
      [qwen3, wholes.qwen3(text)],
    ] as const) {
      for (const limit of [3, 10, 64, 3_000]) {
        const cut = tokenizer.encode(text, limit);
        const special = tokenizer.specialTokens;
        expect(cut).toHaveLength(Math.min(limit, whole.length));
        expect(cut.slice(0, limit - special)).toEqual(whole.slice(0, limit - special));
      }
      expect(tokenizer.count(text)).toBe(whole.length - tokenizer.specialTokens);
    }
  });

  test.for([
    ["one word", "antidisestablishmentarianism"],
    ["emoji", "🙂🚲👩‍👩‍👧"],
    ["digits", "0123456789"],
  ] as const)("and without end is read in pieces, so that it ends soon: %s", ([, phrase]) => {
    const text = phrase.repeat(20_000);
    for (const tokenizer of [pocket, qwen3, qzhou]) {
      expect(tokenizer.encode(text, 256).length).toBeLessThanOrEqual(256);
    }
  });

  test("of ten megabytes takes no more than its beginning", () => {
    const text = "The tide table lists 24 heights. ".repeat(300_000);
    expect(pocket.encode(text, 256)).toEqual(pocket.encode(text.slice(0, 20_000), 256));
  });
});

describe("odd texts", () => {
  test("a lone surrogate is read as U+FFFD", () => {
    for (const tokenizer of [pocket, qwen3, qzhou]) {
      expect(tokenizer.encode("a\ud800b", 64)).toEqual(tokenizer.encode("a\ufffdb", 64));
    }
  });

  test("an empty text is its special tokens alone; where there are none, one padding token", () => {
    expect(pocket.encode("", 64)).toHaveLength(2);
    expect(qwen3.encode("", 64)).toHaveLength(1);
    expect(qzhou.encode("", 64)).toEqual([qzhou.padId]);
  });

  test("count leaves the special tokens out", () => {
    expect(pocket.count("How are refunds paid?")).toBe(
      pocket.encode("How are refunds paid?", 64).length - 2,
    );
    expect(pocket.specialTokens).toBe(2);
    expect(qzhou.specialTokens).toBe(0);
  });
});

describe("special tokens that the card names", () => {
  const toy = (recipe: TokenizerRecipe) =>
    readTokenizer(new URL("toy-qzhou-embedding/", TOYS), recipe);
  const QWEN = new URL("toy-qwen3-embedding/", TOYS);
  const end = { text: "<|im_end|>", appendedBy: "encoder" } as const;

  test("the encoder appends the end token once, and no cut takes it away", async () => {
    const plain = qzhou.encode("<|im_end|>", 8);
    const tokenizer = await toy({ endToken: end });
    expect(plain).toHaveLength(1);
    expect(tokenizer.specialTokens).toBe(1);
    expect(tokenizer.encode("", 64)).toEqual(plain);
    expect(tokenizer.encode("The tide is high.", 64)).toEqual([
      ...qzhou.encode("The tide is high.", 64),
      ...plain,
    ]);
    const long = tokenizer.encode("water ".repeat(1_000), 16);
    expect(long).toHaveLength(16);
    expect(long.slice(-1)).toEqual(plain);
    expect(long.slice(0, 15)).toEqual(qzhou.encode("water ".repeat(1_000), 15));
  });

  test("where the tokenizer appends it already it does not become two", async () => {
    const endToken = { text: "<|endoftext|>", appendedBy: "encoder" } as const;
    const tokenizer = await readTokenizer(QWEN, { endToken });
    expect(tokenizer.encode("x", 64)).toEqual(qwen3.encode("x", 64));
  });

  test("what is there passes", async () => {
    const token = { text: "<|endoftext|>", id: 1537 };
    await readTokenizer(QWEN, {
      endToken: { ...token, appendedBy: "tokenizer" },
      requiredTokens: { before: [], after: [token] },
    });
  });

  test.for<[string, TokenizerRecipe]>([
    [
      "a tokenizer that does not append the end token",
      { endToken: { ...end, appendedBy: "tokenizer" } },
    ],
    [
      "a closing token that is not there",
      { requiredTokens: { before: [], after: [{ text: end.text }] } },
    ],
    [
      "an opening token that is not there",
      { requiredTokens: { before: [{ text: end.text }], after: [] } },
    ],
    ["a token that the tokenizer does not know", { endToken: { ...end, text: "<end>" } }],
    ["a token under another id", { endToken: { ...end, id: 7 } }],
  ])("%s is MODEL_INVALID", async ([, recipe]) => {
    await expect(toy(recipe)).rejects.toThrow(/^MODEL_INVALID/);
  });
});

test("a file that is not JSON is refused as unsupported", () => {
  const junk = new TextEncoder().encode("<!doctype html>");
  expect(() => createTokenizer(junk, junk)).toThrow(/MODEL_UNSUPPORTED/);
});

describe("the share of unknown tokens", () => {
  test("tells a text of another script from one that the model reads", () => {
    expect(pocket.unknownShare("how do refunds work?")).toBe(0);
    expect(pocket.unknownShare("退款需要多久")).toBe(1);
    expect(pocket.unknownShare("refunds 退款")).toBeGreaterThan(0.3);
    expect(pocket.unknownShare("refunds 退款")).toBeLessThan(0.8);
    expect(pocket.unknownShare("")).toBe(0);
  });

  test("is nothing where the vocabulary has every byte", () => {
    expect(qwen3.unknownShare("退款需要多久 \u{10ffff}")).toBe(0);
  });
});
