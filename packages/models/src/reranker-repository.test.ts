import { describe, expect, test } from "vitest";
import { QWEN3_RERANKER } from "./cards/rerankers.ts";
import { memoryReader, PLAIN, type Files } from "./fixtures/memory.ts";
import { rerankerFromRepository } from "./reranker-repository.ts";

const WHERE = { repository: "somebody/reranker", revision: "main" };
const { "modules.json": _m, "1_Pooling/config.json": _p, ...FILES } = PLAIN;
const CONFIG = { model_type: "bert", hidden_size: 8, max_position_embeddings: 512 };

const crossEncoder = (config: object): Files => ({
  ...FILES,
  "config.json": {
    ...CONFIG,
    architectures: ["BertForSequenceClassification"],
    id2label: { 0: "LABEL_0" },
    ...config,
  },
});

const read = (files: Files) => rerankerFromRepository(memoryReader(files), WHERE);

test("a Qwen3 language model is asked for yes or no, with no more tokens than the examples have", async () => {
  const card = await read({
    ...FILES,
    "config.json": {
      architectures: ["Qwen3ForCausalLM"],
      model_type: "qwen3",
      hidden_size: 8,
      max_position_embeddings: 40_960,
    },
    "tokenizer_config.json": { model_max_length: 131_072 },
    "onnx/model_q4.onnx": "graph",
    "README.md": "---\nlicense: apache-2.0\n---\n",
  });
  expect(card).toMatchObject({
    name: "somebody/reranker",
    repository: "somebody/reranker",
    licence: "apache-2.0",
    maxTokens: 8192,
    scoring: QWEN3_RERANKER,
    artifacts: [{ dtype: "fp32" }, { dtype: "q4" }],
  });
});

test("a cross-encoder with one logit reads pairs, up to its own length", async () => {
  const card = await read(crossEncoder({}));
  expect(card).toMatchObject({ maxTokens: 512, scoring: { kind: "pair", activation: "sigmoid" } });
});

test.for([
  [{ sbert_ce_default_activation_function: "torch.nn.modules.linear.Identity" }, "identity"],
  [{ sentence_transformers: { activation_fn: "torch.nn.modules.activation.Sigmoid" } }, "sigmoid"],
] as const)("%j is the activation %s", async ([config, activation]) => {
  expect((await read(crossEncoder(config))).scoring).toEqual({ kind: "pair", activation });
});

describe("a repository is refused", () => {
  const withoutGraph = { ...crossEncoder({}), "onnx/model.onnx": null };
  test.for<[string, Files, RegExp]>([
    ["of an encoder", PLAIN, /^MODEL_UNSUPPORTED.*no reranker of a known kind/],
    [
      "of a language model with a classifier, whose template no file tells",
      crossEncoder({ architectures: ["Qwen3ForSequenceClassification"] }),
      /^MODEL_UNSUPPORTED.*Qwen3ForSequenceClassification/,
    ],
    [
      "with three logits",
      crossEncoder({ id2label: { 0: "a", 1: "b", 2: "c" } }),
      /^MODEL_UNSUPPORTED.*one logit.*3/,
    ],
    ["that does not say how many", crossEncoder({ id2label: null }), /^MODEL_UNSUPPORTED.*2/],
    [
      "with an activation that is not known",
      crossEncoder({ sentence_transformers: { activation_fn: "torch.nn.Tanh" } }),
      /^MODEL_UNSUPPORTED.*Tanh/,
    ],
    ["without an ONNX file", withoutGraph, /^MODEL_UNSUPPORTED.*no ONNX file/],
    [
      "without tokenizer.json",
      { ...crossEncoder({}), "tokenizer.json": null },
      /^MODEL_INVALID.*tokenizer\.json/,
    ],
    ["without config.json", { ...FILES, "config.json": null }, /^MODEL_INVALID.*config\.json/],
  ])("%s", async ([, files, message]) => {
    await expect(read(files)).rejects.toThrow(message);
  });

  test("with a bad name", async () => {
    const asked = rerankerFromRepository(memoryReader(FILES), { ...WHERE, repository: "../x" });
    await expect(asked).rejects.toThrow(/^INVALID_OPTION/);
  });
});
