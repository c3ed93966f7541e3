import type { StandFile, StandRepository } from "./stand/fault.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

const CONFIGURATION = [
  "modules.json",
  "1_Pooling/config.json",
  "config.json",
  "config_sentence_transformers.json",
  "tokenizer.json",
  "tokenizer_config.json",
];

const TOWER = [
  "config.json",
  "sentence_bert_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
];

export type ToyRepository = "qwen3-gqa" | "qzhou" | "qwen3-reranker" | "two-towers";

const REPOSITORIES: Readonly<Record<ToyRepository, Readonly<Record<string, StandFile>>>> = {
  "qwen3-gqa": {
    ...filesIn("toy-qwen3-embedding", CONFIGURATION),
    "onnx/model.onnx": { toy: "toy-qwen3-embedding/gqa.onnx" },
  },
  qzhou: {
    ...filesIn("toy-qzhou-embedding", CONFIGURATION),
    "onnx/model.onnx": { toy: "toy-qzhou-embedding/model.onnx" },
  },
  "qwen3-reranker": {
    ...filesIn("toy-qwen3-reranker", ["config.json", "tokenizer.json", "tokenizer_config.json"]),
    "onnx/model.onnx": { toy: "toy-qwen3-reranker/model.onnx" },
  },
  "two-towers": filesIn("toy-two-towers", [
    "modules.json",
    "router_config.json",
    "config_sentence_transformers.json",
    ...["query_0_Transformer", "document_0_Transformer"].flatMap((folder) =>
      [...TOWER, "onnx/model.onnx"].map((file) => `${folder}/${file}`),
    ),
    "query_1_Pooling/config.json",
    "query_2_Dense/config.json",
    "query_2_Dense/model.safetensors",
    "document_1_Pooling/config.json",
  ]),
};

/** A toy model as a repository of a hub has it, for `openStand`. */
export function toyRepository(name: ToyRepository): StandRepository {
  return { commit: COMMIT, files: REPOSITORIES[name] };
}

function filesIn(folder: string, paths: readonly string[]): Record<string, { toy: string }> {
  return Object.fromEntries(paths.map((path) => [path, { toy: `${folder}/${path}` }]));
}
