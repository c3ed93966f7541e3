import type { DenseLayer, HeadLayer, LayerNorm, ModelFile } from "@nearfield/core";
import { activationOf } from "./head/activation.ts";
import { readTensor } from "./head/tensor.ts";

/** The layers of a card that stand behind the graph. */
export interface Head {
  /** Applies the layers for tokens to states, row-major. Gives `states` itself where there are none. */
  tokens(states: Float32Array): Float32Array;
  /** Applies the layers for vectors to one. Gives `vector` itself where there are none. */
  pooled(vector: Float32Array): Float32Array;
  /** Components of a token's state once its layers are applied. */
  readonly width: number;
}

export interface HeadOptions {
  /** Those on tokens first. */
  readonly layers: readonly HeadLayer<ModelFile>[];
  /** Components of each vector that the graph gives. */
  readonly width: number;
  /** How many vectors of a token's width the pooling puts one after the other. */
  readonly poolings: number;
  /** The weights, safetensors files. */
  readonly bytesOf: (file: ModelFile) => Uint8Array;
}

/** @throws RetrievalError `MODEL_INVALID`, `MODEL_UNSUPPORTED` where the weights are not those of the card */
export function readHead({ layers, width, poolings, bytesOf }: HeadOptions): Head {
  const tokens: Layer[] = [];
  const pooled: Layer[] = [];
  let tokenWidth = width;
  for (const layer of layers) {
    if (layer.kind !== "dense" || layer.on !== "tokens") continue;
    tokens.push(readDense(layer, bytesOf(layer.weights)));
    tokenWidth = layer.outDimensions;
  }
  let pooledWidth = tokenWidth * poolings;
  for (const layer of layers) {
    if (layer.on !== "pooled") continue;
    if (layer.kind === "dense") {
      pooled.push(readDense(layer, bytesOf(layer.weights)));
      pooledWidth = layer.outDimensions;
    } else pooled.push(readLayerNorm(layer, pooledWidth, layer.weights && bytesOf(layer.weights)));
  }
  const through = (chain: readonly Layer[]) => (vectors: Float32Array) =>
    chain.reduce((met, apply) => apply(met), vectors);
  return { tokens: through(tokens), pooled: through(pooled), width: tokenWidth };
}

/** Takes one or more vectors, one after the other, and gives as many. */
type Layer = (vectors: Float32Array) => Float32Array;

function readDense(layer: DenseLayer<ModelFile>, weights: Uint8Array): Layer {
  const { inDimensions, outDimensions } = layer;
  const matrix = readTensor(weights, "linear.weight", [outDimensions, inDimensions]);
  const bias = layer.bias
    ? readTensor(weights, "linear.bias", [outDimensions])
    : new Float32Array(outDimensions);
  const activate = activationOf(layer.activation);
  return (vectors) => {
    const rows = vectors.length / inDimensions;
    const out = new Float32Array(rows * outDimensions);
    for (let row = 0; row < rows; row++) {
      const start = row * inDimensions;
      for (let j = 0; j < outDimensions; j++) {
        let sum = bias[j] as number;
        const line = j * inDimensions;
        for (let i = 0; i < inDimensions; i++) {
          sum += (matrix[line + i] as number) * (vectors[start + i] as number);
        }
        out[row * outDimensions + j] = activate(sum);
      }
    }
    return out;
  };
}

/** The variance is that of the vector as it is, divided by its length, as in `torch.nn.LayerNorm`. */
function readLayerNorm(
  { epsilon }: LayerNorm<ModelFile>,
  width: number,
  weights: Uint8Array | undefined,
): Layer {
  const scale = weights && readTensor(weights, "norm.weight", [width]);
  const shift = weights && readTensor(weights, "norm.bias", [width]);
  return (vector) => {
    let mean = 0;
    for (const x of vector) mean += x / width;
    let variance = 0;
    for (const x of vector) variance += (x - mean) ** 2 / width;
    const spread = Math.sqrt(variance + epsilon);
    return vector.map((x, j) => ((x - mean) / spread) * (scale?.[j] ?? 1) + (shift?.[j] ?? 0));
  };
}
