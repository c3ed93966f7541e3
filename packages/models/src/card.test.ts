import { describe, expect, test } from "vitest";
import { validateCard } from "./card.ts";
import { fingerprintOf } from "./fingerprint.ts";

const file = { url: "/model.onnx", byteLength: 10, sha256: "0".repeat(64) };
const artifact = { graph: file, data: [], knownAnswers: { ...file, byteLength: 32 } };
const card = {
  name: "m",
  version: "1",
  licence: "MIT",
  space: "m@1",
  dimensions: 8,
  matryoshka: [8, 4],
  maxTokens: 64,
  pooling: "mean",
  output: "last_hidden_state",
  prompts: { query: "q: ", document: "" },
  artifacts: { wasm: artifact },
  tokenizer: file,
  tokenizerConfig: file,
  knownAnswers: { texts: ["a"], floor: 0.99 },
} as const;

describe("a model card", () => {
  test("that is sound comes back as it is", () => {
    expect(validateCard(card)).toBe(card);
  });

  test.for([
    ["no object", null, /must be an object/],
    ["no name", { ...card, name: undefined }, /name must be a string that is not empty/],
    ["half a dimension", { ...card, dimensions: 7.5 }, /dimensions must be a whole number above 0/],
    ["a cut above its length", { ...card, matryoshka: [16] }, /matryoshka\[0\] must be at most 8/],
    ["no prompt for documents", { ...card, prompts: { query: "" } }, /prompts\.document/],
    ["a floor above 1", { ...card, knownAnswers: { texts: ["a"], floor: 2 } }, /floor must be/],
    ["no artifact", { ...card, artifacts: {} }, /artifacts must be an object with webgpu or wasm/],
    [
      "a hash in capitals",
      { ...card, tokenizer: { ...file, sha256: "A".repeat(64) } },
      /tokenizer\.sha256 must be 64 lower-case hexadecimal digits/,
    ],
    [
      "known answers of another size than texts × dimensions",
      { ...card, artifacts: { wasm: { ...artifact, knownAnswers: file } } },
      /artifacts\.wasm\.knownAnswers\.byteLength must be 32/,
    ],
    [
      "weights to expand from a file that is not there",
      {
        ...card,
        artifacts: { wasm: { ...artifact, expanded: { path: "x", from: "y", plan: file } } },
      },
      /expanded\.from must be the path of one of the data files/,
    ],
  ] as const)("with %s is refused as INVALID_OPTION", ([, bad, message]) => {
    expect(() => validateCard(bad)).toThrow(message);
    expect(() => validateCard(bad)).toThrow(/^INVALID_OPTION/);
  });

  test.for([
    ["a pooling that we do not do", { ...card, pooling: "weightedmean" }],
    ["a file beyond 4 GiB", { ...card, tokenizer: { ...file, byteLength: 2 ** 33 } }],
  ] as const)("with %s is refused as MODEL_UNSUPPORTED", ([, bad]) => {
    expect(() => validateCard(bad)).toThrow(/^MODEL_UNSUPPORTED/);
  });
});

describe("a fingerprint", () => {
  const sound = validateCard(card);

  test("is the same for the same model, however its card is written down", async () => {
    const other = Object.fromEntries(Object.entries(card).toReversed());
    expect(await fingerprintOf(validateCard(other), 8, "1")).toBe(
      await fingerprintOf(sound, 8, "1"),
    );
  });

  test.for([
    ["the length of the vectors", sound, 4, "1"],
    ["the splitter", sound, 8, "2"],
    ["the space", { ...sound, space: "n" }, 8, "1"],
    ["the document prompt", { ...sound, prompts: { query: "q: ", document: "d: " } }, 8, "1"],
    ["the tokenizer", { ...sound, tokenizer: { ...file, sha256: "1".repeat(64) } }, 8, "1"],
    [
      "the weights",
      {
        ...sound,
        artifacts: { wasm: { ...artifact, graph: { ...file, sha256: "1".repeat(64) } } },
      },
      8,
      "1",
    ],
  ] as const)("changes with %s", async ([, changed, dimensions, splitter]) => {
    expect(await fingerprintOf(changed, dimensions, splitter)).not.toBe(
      await fingerprintOf(sound, 8, "1"),
    );
  });

  test("does not change with where the files are, nor with the query prompt", async () => {
    const moved = {
      ...sound,
      tokenizer: { ...file, url: "https://elsewhere.example/tokenizer.json" },
      prompts: { query: "other: ", document: "" },
    };
    expect(await fingerprintOf(moved, 8, "1")).toBe(await fingerprintOf(sound, 8, "1"));
  });
});
