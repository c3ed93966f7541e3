// Dense and LayerNorm: what stands between the graph and the finished vector.
import type { Activation, DenseLayer, LayerNorm, RepositoryFile } from "@nearfield/core";
import { LENGTH_BYTES, measureHeader, readTensorIndex } from "../safetensors.ts";
import {
  invalid,
  needJson,
  positiveInteger,
  readJson,
  unsupported,
  type RepositoryReader,
} from "./reader.ts";

/** Last part of a class's path to what it does. */
const BY_CLASS: Readonly<Record<string, Activation>> = {
  Identity: "identity",
  Tanh: "tanh",
  ReLU: "relu",
  GELU: "gelu",
  SiLU: "silu",
  Sigmoid: "sigmoid",
};

/** What sentence-transformers takes where the config names none. */
const DEFAULT_ACTIVATION = "torch.nn.modules.activation.Tanh";
/** Of `torch.nn.LayerNorm`. */
const DEFAULT_EPSILON = 1e-5;

/** @throws RetrievalError `MODEL_UNSUPPORTED`, `MODEL_INVALID` */
export async function readDense(
  reader: RepositoryReader,
  folder: string,
): Promise<DenseLayer<RepositoryFile>> {
  const path = `${folder}config.json`;
  const config = await needJson(reader, path);
  const inDimensions = positiveInteger(config["in_features"]);
  const outDimensions = positiveInteger(config["out_features"]);
  if (inDimensions === undefined || outDimensions === undefined) {
    throw invalid(`${path} does not say its sizes`, path, "Check the repository.");
  }
  if (config["use_residual"] === true) {
    throw unsupported(`${path} asks for a residual connection (use_residual)`, true);
  }
  const input = config["module_input_name"] ?? "sentence_embedding";
  const output = config["module_output_name"] ?? input;
  const on = input === "token_embeddings" ? "tokens" : "pooled";
  if (input !== output || input !== INPUTS[on]) {
    throw unsupported(`${path} works on something else than tokens or vectors`, [input, output]);
  }
  const bias = config["bias"] !== false;
  const shapes = {
    "linear.weight": [outDimensions, inDimensions],
    ...(bias && { "linear.bias": [outDimensions] }),
  };
  return {
    kind: "dense",
    on,
    inDimensions,
    outDimensions,
    bias,
    activation: readActivation(config["activation_function"] ?? DEFAULT_ACTIVATION, path),
    weights: await findWeights(reader, folder, shapes),
  };
}

/** What a layer works on, by the library's name for it. */
const INPUTS = { tokens: "token_embeddings", pooled: "sentence_embedding" } as const;

/** @throws RetrievalError `MODEL_UNSUPPORTED`, `MODEL_INVALID` */
export async function readLayerNorm(
  reader: RepositoryReader,
  folder: string,
  dimensions: number,
): Promise<LayerNorm<RepositoryFile>> {
  const config = await readJson(reader, `${folder}config.json`);
  const own = positiveInteger(config?.["dimension"]) ?? dimensions;
  if (own !== dimensions) {
    throw invalid(`${folder}config.json has another width than the vector`, own, "Check it.");
  }
  const shapes = { "norm.weight": [dimensions], "norm.bias": [dimensions] };
  const weights = await findWeights(reader, folder, shapes);
  return { kind: "layer-norm", on: "pooled", epsilon: DEFAULT_EPSILON, weights };
}

function readActivation(value: unknown, path: string): Activation {
  const last = typeof value === "string" ? value.slice(value.lastIndexOf(".") + 1) : "";
  const activation = Object.hasOwn(BY_CLASS, last) ? BY_CLASS[last] : undefined;
  if (activation) return activation;
  throw unsupported(`${path} names an unknown activation`, value);
}

/** Finds a layer's `model.safetensors` and, where the reader gives bytes, checks the shapes in its header. */
async function findWeights(
  reader: RepositoryReader,
  folder: string,
  shapes: Readonly<Record<string, readonly number[]>>,
): Promise<RepositoryFile> {
  const path = `${folder}model.safetensors`;
  const facts = await reader.stat(path);
  if (!facts) {
    if (await reader.stat(`${folder}pytorch_model.bin`)) {
      throw unsupported("a layer's weights are a Python pickle", `${folder}pytorch_model.bin`);
    }
    throw invalid(`the repository has no ${path}`, path, "Choose a complete repository.");
  }
  const head = await reader.readBytes?.(path, LENGTH_BYTES);
  const header = head && (await reader.readBytes?.(path, measureHeader(head)));
  if (header) {
    const tensors = readTensorIndex(header);
    for (const [name, shape] of Object.entries(shapes)) {
      const met = tensors.get(name)?.shape.join(" × ");
      if (met === shape.join(" × ")) continue;
      const problem = `${path} does not have ${name} of ${shape.join(" × ")}`;
      throw invalid(problem, met, "Check the repository: its config and its weights disagree.");
    }
  }
  return { path, ...facts };
}
