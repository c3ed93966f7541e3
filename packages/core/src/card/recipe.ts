// From text to vector: every step that a model asks for, as data.
import type { DtypeLimit, ModelFile, RepositoryFile } from "./file.ts";

export type Role = "query" | "document";

/** How the states of a text's tokens become one vector; `weighted-mean` weighs the first token by 1, the next by 2. */
export type PoolingMode =
  | "cls"
  | "max"
  | "mean"
  | "mean-sqrt-length"
  | "weighted-mean"
  | "last-token";

/** One mode, or several whose vectors are put one after the other. `in-graph`: the graph gives one vector for each text. */
export type Pooling = "in-graph" | PoolingMode | readonly PoolingMode[];

export type Activation = "identity" | "tanh" | "relu" | "gelu" | "silu" | "sigmoid";

/** `activation(W x + b)`, with `linear.weight` (out × in, row-major) and `linear.bias` of a safetensors file. */
export interface DenseLayer<File> {
  readonly kind: "dense";
  /** What it is applied to: the state of each token before pooling, or the pooled vector. */
  readonly on: "tokens" | "pooled";
  readonly inDimensions: number;
  readonly outDimensions: number;
  readonly bias: boolean;
  readonly activation: Activation;
  readonly weights: File;
}

/** Zero mean and unit variance over the whole pooled vector; then `norm.weight` and `norm.bias` where there is a file. */
export interface LayerNorm<File> {
  readonly kind: "layer-norm";
  readonly on: "pooled";
  readonly epsilon: number;
  readonly weights?: File | undefined;
}

export type HeadLayer<File> = DenseLayer<File> | LayerNorm<File>;

export interface SpecialToken {
  readonly text: string;
  /** Absent where it is not known; the tokenizer has it. */
  readonly id?: number | undefined;
}

export interface EndToken extends SpecialToken {
  /** `encoder`: the tokenizer does not append it, and the encoder must. */
  readonly appendedBy: "tokenizer" | "encoder";
}

/**
 * Order of the steps: prompt, tokenize, check the special tokens, truncate the content, pad right, run, token layers of the
 * head, pool, the rest of the head, cut to the wanted dimensions, normalize. No step is implied by a model's name: it
 * stands here or it is not done.
 */
export interface EncodingRecipe<File extends ModelFile | RepositoryFile> {
  readonly name: string;
  readonly licence: string;
  /** BCP 47 tags of the languages it was made for. Absent: not stated. */
  readonly languages?: readonly string[] | undefined;
  /** Vectors of two cards may be compared if and only if their cards name the same space. */
  readonly space: string;
  /** Components of a vector as the model gives it, after the head. */
  readonly dimensions: number;
  /** Prefix lengths that may be asked for (Matryoshka); only `dimensions` itself where it is empty. */
  readonly matryoshka: readonly number[];
  /** Where it is there, every length from `min` to `max` may be asked for, too. */
  readonly matryoshkaRange?: { readonly min: number; readonly max: number } | undefined;
  /** Longest input in tokens, special tokens and prompt included. */
  readonly maxTokens: number;
  /** Put before the text, character by character; `{instruction}` in it is replaced. */
  readonly prompts: Readonly<Record<Role, string>>;
  /** What `{instruction}` becomes when the caller gives none. */
  readonly instruction?: string | undefined;
  /** Prompt of a document that has a title: `{title}` in it is replaced. Absent: `prompts.document` serves. */
  readonly titlePrompt?: string | undefined;
  /** The token that closes each text where the model pools it or was trained with it. */
  readonly endToken?: EndToken | undefined;
  /** Special tokens that must stand around each text after tokenizing. Absent: whatever the tokenizer puts there. */
  readonly requiredTokens?:
    | { readonly before: readonly SpecialToken[]; readonly after: readonly SpecialToken[] }
    | undefined;
  /** Names of the graph's inputs as a hint for planning; what is fed is read from the graph itself. */
  readonly inputs?: readonly string[] | undefined;
  /** Name of the one graph output that is fetched. */
  readonly output: string;
  /** Components of each vector of that output. Default: `dimensions`. */
  readonly hiddenSize?: number | undefined;
  readonly attention?: "causal" | "bidirectional" | undefined;
  readonly pooling: Pooling;
  /** False: the tokens of the prompt, and what stands before them, are left out of the pooling. Default true. */
  readonly includePrompt?: boolean | undefined;
  /** Layers outside the graph, in their order; those on tokens come first. */
  readonly head?: readonly HeadLayer<File>[] | undefined;
  /** False: vectors keep their length. Default true. */
  readonly normalize?: boolean | undefined;
  /** Default `cosine`. */
  readonly similarity?: "cosine" | "dot" | undefined;
  /** What has to happen to a query before it is encoded; see `packages/reason`. Default `none`. */
  readonly queryStep?: "none" | "rewrite" | "thought" | undefined;
  readonly dtypeLimits?: readonly DtypeLimit[] | undefined;
}
