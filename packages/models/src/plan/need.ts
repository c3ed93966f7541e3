// What a model needs, by arithmetic on its files and on the shape of its network.
import type {
  Device,
  Dtype,
  EncodingRecipe,
  ModelFile,
  NetworkShape,
  RepositoryFile,
} from "@nearfield/core";
import { DTYPES } from "../dtype.ts";

/** Bytes that one artifact of a model needs on one device. */
export interface Needs {
  /** Graph and external data: what is fetched, and what stays in memory as weights. */
  readonly weightBytes: number;
  /** False: no file's size is known, and `weightBytes` is the least that so many parameters take in this format. */
  readonly isMeasured: boolean;
  /** What is not kept from an earlier visit: weights, tokenizer and layers behind the graph. */
  readonly downloadBytes: number;
  /** The largest of the files; 0 where no file's size is known. */
  readonly largestFileBytes: number;
  /** The largest single tensor, from below; 0 where the network's shape is not known. */
  readonly largestTensorBytes: number;
  /** What one layer holds while it is computed, for a batch of `tokens`. */
  readonly activationBytes: number;
  /** Keys and values of every layer, which decoder exports give out and the runtime keeps until the run's end. */
  readonly cacheBytes: number;
  /** The one output that is fetched: states of all tokens, or logits over the vocabulary; 0 where the graph pools. */
  readonly outputBytes: number;
  /** Heap of the WebAssembly module. */
  readonly heapBytes: number;
  /** Memory of the GPU; 0 on WASM. */
  readonly gpuBytes: number;
  /** Main memory while it loads: the files as fetched, and the heap. */
  readonly memoryBytes: number;
}

/** The parts of a card that the arithmetic uses. */
export type Shape = Pick<
  EncodingRecipe<ModelFile | RepositoryFile>,
  "dimensions" | "hiddenSize" | "inputs" | "maxTokens" | "output" | "pooling"
> & { readonly network?: NetworkShape | undefined };

/** The files of one artifact. A length that nobody knows is undefined. */
export interface Files {
  readonly graphBytes: number | undefined;
  readonly dataBytes: readonly (number | undefined)[];
  /** Tokenizer and layers behind the graph, as far as known. */
  readonly otherBytes: number;
  /** Of all these, what is kept from an earlier visit. */
  readonly keptBytes: number;
}

const MIB = 2 ** 20;

/**
 * Heap of the runtime itself, and what it takes of weights: measured with 372 MiB of fp32 weights in Chromium. With external
 * data the heap had 16 MiB on WebGPU, where each tensor goes straight into a buffer of the GPU, and 613 MiB on WASM, whose
 * kernels keep a second, packed copy of much. One single file had 1,043 MiB on both, for ever: parsing copies it twice. A
 * 4-bit model of 358 MiB with external data agrees: 988 MB for the whole process on WASM.
 */
const HEAP = { base: 16 * MIB, data: { wasm: 1.6, webgpu: 0 }, graph: 2.75 } as const;

/**
 * Bits of a weight with the scales of its block: q4 has one fp32 scale for 32 weights, q4f16 one of half the size, bnb4 one
 * fp32 scale for 64. Exports often leave the token table in a larger format: this is a bound from below.
 */
const BITS: Readonly<Partial<Record<Dtype, number>>> = { q4: 5, q4f16: 4.5, bnb4: 4.5 };

const FLOAT = Float32Array.BYTES_PER_ELEMENT;

/**
 * What an artifact needs for a batch of `tokens` tokens. Where a size is not known the result is a bound from below, so that
 * nothing which could fit is refused for a guess.
 */
export function measureNeeds(
  shape: Shape,
  device: Device,
  dtype: Dtype | null,
  files: Files,
  tokens: number,
): Needs {
  const { graphBytes, dataBytes } = files;
  const known = [graphBytes, ...dataBytes].filter((bytes) => bytes !== undefined);
  const isMeasured = known.length === dataBytes.length + 1;
  const estimate = dtype === null ? 0 : ((shape.network?.parameters ?? 0) * bitsOf(dtype)) / 8;
  const sum = known.reduce((total, bytes) => total + bytes, 0);
  const weightBytes = isMeasured ? sum : Math.max(sum, Math.ceil(estimate));
  const inGraph = dataBytes.length === 0 ? weightBytes : (graphBytes ?? 0);
  const activationBytes = measureActivations(shape, tokens);
  const cacheBytes = measureCache(shape, tokens);
  const outputBytes = measureOutput(shape, tokens);
  const runBytes = activationBytes + cacheBytes;
  const heapBytes = Math.ceil(
    HEAP.base +
      HEAP.graph * inGraph +
      HEAP.data[device] * (weightBytes - inGraph) +
      (device === "wasm" ? runBytes : 0) +
      outputBytes,
  );
  return {
    weightBytes,
    isMeasured,
    downloadBytes: weightBytes + files.otherBytes - files.keptBytes,
    largestFileBytes: Math.max(0, ...known),
    largestTensorBytes: dtype === null ? 0 : measureTensor(shape, dtype),
    activationBytes,
    cacheBytes,
    outputBytes,
    heapBytes,
    gpuBytes: device === "webgpu" ? weightBytes + runBytes + outputBytes : 0,
    memoryBytes: weightBytes + heapBytes,
  };
}

function bitsOf(dtype: Dtype): number {
  return BITS[dtype] ?? DTYPES[dtype].bits;
}

function widthOf({ hiddenSize, dimensions }: Shape): number {
  return hiddenSize ?? dimensions;
}

/** The token table or the widest layer, without the scales, which are a tensor of their own. */
function measureTensor(shape: Shape, dtype: Dtype): number {
  const { vocabulary = 0, intermediateSize = 0 } = shape.network ?? {};
  const weights = Math.max(vocabulary, intermediateSize) * widthOf(shape);
  return Math.ceil((weights * DTYPES[dtype].bits) / 8);
}

/**
 * Floats that are alive at once in one layer, whose memory the next layer gets: the residual stream and its norm, and beside
 * them either attention (queries, keys, values, one matrix of scores for each head, the result) or two intermediate
 * results of the feed-forward part.
 */
function measureActivations(shape: Shape, tokens: number): number {
  const { heads, intermediateSize } = shape.network ?? {};
  if (heads === undefined || intermediateSize === undefined) return 0;
  const width = widthOf(shape);
  const { headDimensions = width / heads, keyValueHeads = heads } = shape.network ?? {};
  const length = Math.min(tokens, shape.maxTokens);
  const rows = tokens / length;
  const states = tokens * (2 * heads + 2 * keyValueHeads) * headDimensions;
  const scores = rows * heads * length ** 2;
  const wide = 2 * tokens * intermediateSize;
  return Math.ceil(FLOAT * (2 * tokens * width + Math.max(states + scores, wide)));
}

function measureCache({ inputs, network }: Shape, tokens: number): number {
  const { layers, keyValueHeads, headDimensions } = network ?? {};
  const isKept = inputs?.some((name) => name.startsWith("past_key_values")) ?? false;
  if (!isKept || !layers || !keyValueHeads || !headDimensions) return 0;
  return FLOAT * 2 * layers * keyValueHeads * headDimensions * tokens;
}

function measureOutput(shape: Shape, tokens: number): number {
  // One vector for each text is nothing beside the rest.
  if (shape.pooling === "in-graph") return 0;
  const width = shape.output === "logits" ? (shape.network?.vocabulary ?? 0) : widthOf(shape);
  return FLOAT * width * tokens;
}
