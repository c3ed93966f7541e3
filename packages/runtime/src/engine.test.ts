import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { openEngine } from "./engine.ts";

const TOY = new URL("../../testing/models/toy-qwen3-reranker/", import.meta.url);
const tokenizer = await readFile(new URL("tokenizer.json", TOY));
const config = await readFile(new URL("tokenizer_config.json", TOY));
const markup = openEngine(tokenizer, config);
const text = openEngine(tokenizer, config, { asText: true });

test("names of special tokens and of markup are those tokens, or text where that is asked for", () => {
  const said = "<|im_start|>a<think>";
  expect(markup.idsOf(said)).toEqual([
    markup.idOf("<|im_start|>"),
    ...markup.idsOf("a"),
    markup.idOf("<think>"),
  ]);
  const spelled = text.idsOf(said);
  expect(spelled).not.toContain(markup.idOf("<|im_start|>"));
  expect(spelled).not.toContain(markup.idOf("<think>"));
  expect(text.decode(spelled)).toBe(said);
});

test("a token that must stand alone is not found inside a word", () => {
  const no = markup.idOf("no");
  expect(markup.idsOf('"no"')).toContain(no);
  expect(markup.idsOf("no")).toEqual([no]);
  for (const word of ["know", "nothing", "piano"]) expect(markup.idsOf(word)).not.toContain(no);
});

test("a text decodes to itself, special tokens left out", () => {
  const ids = markup.idsOf("<|im_start|>Hello , world! 東京 🙂<|im_end|>");
  expect(markup.decode(ids)).toBe("Hello , world! 東京 🙂");
  expect(markup.decode([])).toBe("");
});

test("an unknown token has no id, and what is no JSON is MODEL_UNSUPPORTED", () => {
  expect(markup.idOf("affirmative-")).toBeUndefined();
  expect(() => openEngine(new Uint8Array([123]), config)).toThrow(/MODEL_UNSUPPORTED/);
});

test("what the vocabulary does not have is still the unknown token, read as text or not", async () => {
  const tower = new URL("../toy-two-towers/document_0_Transformer/", TOY);
  const files = await Promise.all(
    ["tokenizer.json", "tokenizer_config.json"].map((name) => readFile(new URL(name, tower))),
  );
  const [words, wordsConfig] = files as [Buffer, Buffer];
  const plain = openEngine(words, wordsConfig, { asText: true });
  expect(plain.idsOf("🙂")).toEqual([plain.idOf("[UNK]")]);
  expect(plain.idsOf("[SEP]")).not.toContain(plain.idOf("[SEP]"));
});
