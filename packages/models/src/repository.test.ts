import type { RepositoryCard, Towers } from "@nearfield/core";
import { describe, expect, test } from "vitest";
import { folderReader, TOYS } from "./fixtures/folder.ts";
import { memoryReader, PLAIN, withModule, type Files } from "./fixtures/memory.ts";
import { cardFromRepository, type RepositoryOptions } from "./repository.ts";
import type { RepositoryReader } from "./repository/reader.ts";
import { isTowers } from "./towers.ts";

const NAME = { repository: "toys/model", revision: "0".repeat(40) };

function readToy(name: string, options: Partial<RepositoryOptions> = {}) {
  return cardFromRepository(folderReader(new URL(`${name}/`, TOYS)), { ...NAME, ...options });
}

async function readPlain(files: Files, options: Partial<RepositoryOptions> = {}) {
  const card = await cardFromRepository(memoryReader(files), { ...NAME, ...options });
  return card as RepositoryCard;
}

describe("the toy models' own files", () => {
  test("Qwen3: last token, the appended end token, an instruction that can be changed", async () => {
    const card = await readToy("toy-qwen3-embedding", { graph: "model_external" });
    expect(card).toMatchObject({
      dimensions: 128,
      hiddenSize: 128,
      matryoshka: [],
      maxTokens: 512,
      prompts: { query: "Instruct: {instruction}\nQuery:", document: "" },
      instruction: "Given a web search query, retrieve relevant passages that answer the query",
      endToken: { text: "<|endoftext|>", id: 1537, appendedBy: "tokenizer" },
      requiredTokens: { before: [], after: [{ text: "<|endoftext|>", id: 1537 }] },
      attention: "causal",
      pooling: "last-token",
      includePrompt: true,
      head: [],
      normalize: true,
      similarity: "cosine",
      network: { layers: 3, heads: 4, keyValueHeads: 2, headDimensions: 48, vocabulary: 1542 },
    });
    expect((card as RepositoryCard).artifacts).toEqual([
      {
        dtype: "fp32",
        devices: ["webgpu", "wasm"],
        graph: expect.objectContaining({ path: "model_external.onnx", byteLength: 25_601 }),
        data: [
          {
            path: "model_external.onnx_data",
            file: expect.objectContaining({ path: "model_external.onnx_data" }),
          },
        ],
      },
    ]);
  });

  test("QZhou: a decoder that looks both ways, mean, no end token, no Matryoshka length", async () => {
    const card = await readToy("toy-qzhou-embedding", { graph: "model" });
    expect(card).toMatchObject({
      dimensions: 112,
      matryoshka: [],
      attention: "bidirectional",
      pooling: "mean",
      endToken: undefined,
      requiredTokens: { before: [], after: [] },
    });
  });

  test("two towers: each with its own graph, length, pooling and head, in one space", async () => {
    const model = await readToy("toy-two-towers");
    expect(isTowers(model)).toBe(true);
    const { query, document } = model as Towers<RepositoryCard>;
    expect(query).toMatchObject({
      name: "toys/model (query)",
      dimensions: 96,
      hiddenSize: 64,
      maxTokens: 96,
      pooling: "cls",
      includePrompt: true,
      head: [
        {
          kind: "dense",
          on: "pooled",
          inDimensions: 64,
          outDimensions: 96,
          bias: true,
          activation: "tanh",
          weights: { path: "query_2_Dense/model.safetensors", byteLength: 25_112 },
        },
      ],
      tokenizer: { path: "query_0_Transformer/tokenizer.json" },
      requiredTokens: { before: [{ text: "[CLS]", id: 2 }], after: [{ text: "[SEP]", id: 3 }] },
    });
    expect(document).toMatchObject({
      dimensions: 96,
      hiddenSize: 96,
      maxTokens: 128,
      pooling: "mean",
      includePrompt: false,
      head: [],
      artifacts: [{ dtype: "fp32", graph: { path: "document_0_Transformer/onnx/model.onnx" } }],
    });
    for (const tower of [query, document]) {
      expect(tower.prompts).toEqual({ query: "query: ", document: "passage: " });
      expect(tower.normalize).toBe(true);
    }
    expect(query.space).toBe(document.space);
  });
});

describe("the rules of sentence-transformers", () => {
  test("a class is known by the last part of its path, wherever its package moved", async () => {
    expect(await readPlain(PLAIN)).toMatchObject({ pooling: "mean", dimensions: 8 });
  });

  test.for([
    ["none is set", {}, "mean", 8],
    [
      "a flag for the weighted mean",
      { pooling_mode_weightedmean_tokens: true },
      "weighted-mean",
      8,
    ],
    [
      "several flags, in the order of the library",
      { pooling_mode_lasttoken: true, pooling_mode_max_tokens: true, pooling_mode_cls_token: true },
      ["cls", "max", "last-token"],
      24,
    ],
    ["a name", { pooling_mode: "mean_sqrt_len_tokens" }, "mean-sqrt-length", 8],
    [
      "a name, and flags that no longer count",
      { pooling_mode: "cls", pooling_mode_mean_tokens: true },
      "cls",
      8,
    ],
    ["several names", { pooling_mode: ["mean", "cls"] }, ["cls", "mean"], 16],
  ] as const)("pooling: %s", async ([, config, pooling, dimensions]) => {
    const overrides = { endToken: undefined };
    const card = await readPlain({ ...PLAIN, "1_Pooling/config.json": config }, { overrides });
    expect(card).toMatchObject({ pooling, dimensions });
  });

  test("without modules.json a bidirectional model has the mean and a causal one its last token", async () => {
    const plain = { ...PLAIN, "modules.json": null };
    expect(await readPlain(plain)).toMatchObject({ pooling: "mean", normalize: true });
    const causal = { model_type: "qwen3", hidden_size: 8, max_position_embeddings: 64 };
    expect(await readPlain({ ...plain, "config.json": causal })).toMatchObject({
      pooling: "last-token",
      endToken: { text: "[SEP]", id: 3, appendedBy: "tokenizer" },
    });
  });

  test.for([
    ["max_seq_length goes before the tokenizer's limit", 256, 128, 512, 256],
    ["the tokenizer's limit serves where it is missing", undefined, 128, 512, 128],
    ["the network's positions are never exceeded", 4096, 128, 512, 512],
    ["a tokenizer without a limit says nothing", undefined, 1e30, 512, 512],
  ] as const)("length: %s", async ([, stated, tokenizer, positions, wanted]) => {
    const card = await readPlain({
      ...PLAIN,
      "config.json": { model_type: "bert", hidden_size: 8, max_position_embeddings: positions },
      "tokenizer_config.json": { model_max_length: tokenizer },
      "sentence_roberta_config.json": stated && { max_seq_length: stated },
    });
    expect(card.maxTokens).toBe(wanted);
  });

  test("two positions of XLM-RoBERTa belong to its padding", async () => {
    const config = { model_type: "xlm-roberta", hidden_size: 8, max_position_embeddings: 514 };
    const files = { ...PLAIN, "config.json": config, "tokenizer_config.json": {} };
    expect((await readPlain(files)).maxTokens).toBe(512);
  });

  test.for([
    ["document goes first", { corpus: "c", passage: "p", document: "d" }, "d"],
    ["then passage", { corpus: "c", passage: "p" }, "p"],
    ["then corpus", { corpus: "c" }, "c"],
    ["null is no prompt", { document: null, passage: "p" }, ""],
  ] as const)("the prompt of documents: %s", async ([, prompts, wanted]) => {
    const settings = { prompts: { query: "q ", ...prompts }, default_prompt_name: "query" };
    const card = await readPlain({ ...PLAIN, "config_sentence_transformers.json": settings });
    expect(card.prompts).toEqual({ query: "q ", document: wanted });
  });

  test("the space after Query: stays where a model has it", async () => {
    const settings = { prompts: { query: "Instruct: Find it\nQuery: " } };
    const card = await readPlain({ ...PLAIN, "config_sentence_transformers.json": settings });
    expect(card.prompts.query).toBe("Instruct: {instruction}\nQuery: ");
    expect(card.instruction).toBe("Find it");
  });

  test("Dense without a named activation is Tanh; layers keep their order and what they work on", async () => {
    const safetensors = { "2_Dense/model.safetensors": "weights" };
    const dense = await readPlain({
      ...withModule("sentence_transformers.models.Dense", "2_Dense"),
      ...safetensors,
      "2_Dense/config.json": { in_features: 8, out_features: 4, bias: false },
    });
    expect(dense).toMatchObject({ dimensions: 4, hiddenSize: 8 });
    expect(dense.head).toMatchObject([{ activation: "tanh", bias: false, on: "pooled" }]);
    const identity = await readPlain({
      ...withModule("sentence_transformers.models.Dense", "2_Dense"),
      ...safetensors,
      "2_Dense/config.json": {
        in_features: 8,
        out_features: 4,
        activation_function: "torch.nn.modules.linear.Identity",
      },
    });
    expect(identity.head).toMatchObject([{ activation: "identity", bias: true }]);
    const [transformer, pooling, normalize] = PLAIN["modules.json"] as readonly unknown[];
    const onTokens = await readPlain({
      ...PLAIN,
      ...safetensors,
      "modules.json": [transformer, { path: "2_Dense", type: "x.Dense" }, pooling, normalize],
      "2_Dense/config.json": {
        in_features: 8,
        out_features: 4,
        module_input_name: "token_embeddings",
      },
      "1_Pooling/config.json": { embedding_dimension: 4, pooling_mode: ["cls", "mean"] },
    });
    expect(onTokens).toMatchObject({ hiddenSize: 8, dimensions: 8, head: [{ on: "tokens" }] });
    const norm = await readPlain({
      ...withModule("sentence_transformers.models.LayerNorm", "2_LayerNorm"),
      "2_LayerNorm/config.json": { dimension: 8 },
      "2_LayerNorm/model.safetensors": "weights",
    });
    expect(norm.head).toMatchObject([{ kind: "layer-norm", epsilon: 1e-5 }]);
  });

  test("an older Router keeps its table in config.json, and a mapping goes before a route's name", async () => {
    const tower = (name: string) => ({
      [`${name}_0_Transformer/config.json`]: PLAIN["config.json"],
      [`${name}_0_Transformer/tokenizer.json`]: PLAIN["tokenizer.json"],
      [`${name}_0_Transformer/tokenizer_config.json`]: PLAIN["tokenizer_config.json"],
      [`${name}_0_Transformer/onnx/model.onnx`]: "graph",
      [`${name}_1_Pooling/config.json`]: { embedding_dimension: 8, pooling_mode: "cls" },
    });
    const types = Object.fromEntries(
      ["small", "large"].flatMap((name) => [
        [`${name}_0_Transformer`, "x.Transformer"],
        [`${name}_1_Pooling`, "x.Pooling"],
      ]),
    );
    const structure = {
      small: ["small_0_Transformer", "small_1_Pooling"],
      large: ["large_0_Transformer", "large_1_Pooling"],
    };
    const parameters = { default_route: "large", route_mappings: { "('query', None)": "small" } };
    const model = await cardFromRepository(
      memoryReader({
        ...tower("small"),
        ...tower("large"),
        "modules.json": [{ path: "", type: "sentence_transformers.models.Asym" }],
        "config.json": { types, structure, parameters },
      }),
      NAME,
    );
    expect(model).toMatchObject({
      query: { tokenizer: { path: "small_0_Transformer/tokenizer.json" } },
      document: { tokenizer: { path: "large_0_Transformer/tokenizer.json" } },
    });
  });

  test("an end token that only the tokenizer's config promises is for the encoder to append", async () => {
    const card = await readPlain({
      ...PLAIN,
      "1_Pooling/config.json": { pooling_mode: "lasttoken" },
      "tokenizer.json": { post_processor: null, added_tokens: [{ id: 7, content: "</s>" }] },
      "tokenizer_config.json": { add_eos_token: true, eos_token: { content: "</s>" } },
    });
    expect(card.endToken).toEqual({ text: "</s>", id: 7, appendedBy: "encoder" });
  });

  test("licence and languages come from the head of the README", async () => {
    const readme = "---\nlicense: apache-2.0\nlanguage:\n- en\n- de\ntags:\n- x\n---\nlicense: no";
    expect(await readPlain({ ...PLAIN, "README.md": readme })).toMatchObject({
      licence: "apache-2.0",
      languages: ["en", "de"],
    });
    expect(await readPlain({ ...PLAIN, "README.md": "# A model" })).toMatchObject({
      licence: "unknown",
      languages: undefined,
    });
  });

  test("overrides win over the files, and a graph that pools by itself needs nothing behind it", async () => {
    const overrides = {
      pooling: "in-graph",
      output: "sentence_embedding",
      dimensions: 4,
      matryoshka: [2],
      prompts: { query: "q: ", document: "d: " },
    } as const;
    const files = {
      ...withModule("sentence_transformers.models.Dense", "2_Dense"),
      "2_Dense/model.safetensors": "weights",
      "2_Dense/config.json": { in_features: 8, out_features: 4 },
    };
    const card = await readPlain(files, { overrides });
    expect(card).toMatchObject({ ...overrides, head: undefined, hiddenSize: undefined });
  });
});

describe("a repository is refused", () => {
  const dense = (config: object) => ({
    ...withModule("x.Dense", "2_Dense"),
    "2_Dense/config.json": { in_features: 8, out_features: 4, ...config },
    "2_Dense/model.safetensors": "weights",
  });
  const settings = (value: object) => ({ ...PLAIN, "config_sentence_transformers.json": value });

  test.for<[string, Files, RegExp]>([
    [
      "without tokenizer.json",
      { ...PLAIN, "tokenizer.json": null },
      /^MODEL_INVALID.*no tokenizer\.json/,
    ],
    [
      "with a module of unknown class",
      withModule("sentence_transformers.models.WordWeights", "2_WordWeights"),
      /^MODEL_UNSUPPORTED.*WordWeights/,
    ],
    [
      "with static embeddings",
      { ...PLAIN, "modules.json": [{ path: "", type: "x.StaticEmbedding" }] },
      /^MODEL_UNSUPPORTED.*StaticEmbedding/,
    ],
    [
      "whose pooling has another width than its network",
      { ...PLAIN, "1_Pooling/config.json": { word_embedding_dimension: 16 } },
      /^MODEL_INVALID.*takes vectors of 16.*gives 8/,
    ],
    [
      "whose Dense layer has another width than its pooling",
      dense({ in_features: 16 }),
      /^MODEL_INVALID.*takes vectors of 16.*gives 8/,
    ],
    [
      "with a residual connection",
      dense({ use_residual: true }),
      /^MODEL_UNSUPPORTED.*use_residual/,
    ],
    [
      "with an activation of unknown name",
      dense({ activation_function: "torch.nn.modules.activation.Mish" }),
      /^MODEL_UNSUPPORTED.*unknown activation.*Mish/,
    ],
    [
      "with a Dense layer that reads something else",
      dense({ module_input_name: "cls_token" }),
      /^MODEL_UNSUPPORTED/,
    ],
    [
      "with weights as a pickle",
      { ...dense({}), "2_Dense/model.safetensors": null, "2_Dense/pytorch_model.bin": "x" },
      /^MODEL_UNSUPPORTED.*pickle/,
    ],
    [
      "with a Dense layer without weights",
      { ...dense({}), "2_Dense/model.safetensors": null },
      /^MODEL_INVALID.*no 2_Dense\/model\.safetensors/,
    ],
    [
      "with a pooling mode of unknown name",
      { ...PLAIN, "1_Pooling/config.json": { pooling_mode: "attention" } },
      /^MODEL_UNSUPPORTED.*unknown mode.*attention/,
    ],
    [
      "with a pooling flag of unknown name",
      { ...PLAIN, "1_Pooling/config.json": { pooling_mode_attention: true } },
      /^MODEL_UNSUPPORTED.*pooling_mode_attention/,
    ],
    [
      "with a similarity of unknown name",
      settings({ similarity_fn_name: "hamming" }),
      /^MODEL_UNSUPPORTED.*hamming/,
    ],
    [
      "with a prompt that is no text",
      settings({ prompts: { query: 3 } }),
      /^MODEL_INVALID.*prompt/,
    ],
    [
      "without any ONNX file",
      { ...PLAIN, "onnx/model.onnx": null },
      /^MODEL_UNSUPPORTED.*no ONNX file/,
    ],
    [
      "whose external data are announced and missing",
      {
        ...PLAIN,
        "config.json": {
          model_type: "bert",
          hidden_size: 8,
          max_position_embeddings: 512,
          "transformers.js_config": { use_external_data_format: { "model.onnx": 1 } },
        },
      },
      /^MODEL_INVALID.*model\.onnx_data/,
    ],
    [
      "that pools its last token and ends texts with none",
      {
        ...PLAIN,
        "1_Pooling/config.json": { pooling_mode: "lasttoken" },
        "tokenizer.json": { post_processor: null },
      },
      /^MODEL_INVALID.*appends no end token/,
    ],
    [
      "whose host answers with a web page",
      { ...PLAIN, "modules.json": "<!doctype html><title>App</title>" },
      /^MODEL_INVALID.*modules\.json is a web page/,
    ],
    [
      "with a module outside of its folder",
      { ...PLAIN, "modules.json": [{ path: "../other", type: "x.Transformer" }] },
      /^MODEL_INVALID.*outside/,
    ],
    [
      "with a tokenizer of unknown form",
      { ...PLAIN, "tokenizer.json": { post_processor: { type: "TemplateProcessing" } } },
      /^MODEL_INVALID.*can not be understood/,
    ],
    [
      "with a tokenizer step of unknown kind",
      { ...PLAIN, "tokenizer.json": { post_processor: { type: "Rot13" } } },
      /^MODEL_UNSUPPORTED.*Rot13/,
    ],
  ])("%s", async ([, files, message]) => {
    await expect(readPlain(files)).rejects.toThrow(message);
  });

  test.for(["../etc", "a/../b", "..", "owner/..", "a/b/c", "https://host/x", "", 7])(
    "with the name %j",
    async (repository) => {
      const options = { ...NAME, repository: repository as string };
      await expect(cardFromRepository(memoryReader(PLAIN), options)).rejects.toThrow(
        /^INVALID_OPTION.*owner\/name/,
      );
    },
  );

  test("with two towers of different lengths", async () => {
    const toy = folderReader(new URL("toy-two-towers/", TOYS));
    const without = (text: string) => {
      const config = JSON.parse(text) as { structure: { query: string[] } };
      config.structure.query.pop();
      return JSON.stringify(config);
    };
    const reader: RepositoryReader = {
      ...toy,
      read: async (path) => {
        const text = await toy.read(path);
        return text && path === "router_config.json" ? without(text) : text;
      },
    };
    await expect(cardFromRepository(reader, NAME)).rejects.toThrow(/^MODEL_MISMATCH.*64.*96/);
  });

  test("whose Dense weights have another shape than their config", async () => {
    const toy = folderReader(new URL("toy-two-towers/", TOYS));
    const reader: RepositoryReader = {
      ...toy,
      read: async (path) =>
        path === "query_2_Dense/config.json"
          ? JSON.stringify({ in_features: 64, out_features: 95 })
          : toy.read(path),
    };
    await expect(cardFromRepository(reader, NAME)).rejects.toThrow(
      /^MODEL_INVALID.*linear\.weight of 95 × 64/,
    );
  });

  test("whose reader fails, with the failure as the cause", async () => {
    const cause = new TypeError("no network");
    const reader = { read: () => Promise.reject(cause), stat: () => Promise.reject(cause) };
    await expect(cardFromRepository(reader, NAME)).rejects.toMatchObject({
      code: "MODEL_UNAVAILABLE",
      cause,
    });
  });
});
