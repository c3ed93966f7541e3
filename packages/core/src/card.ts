export type Device = "webgpu" | "wasm";
export type Role = "query" | "document";
export type Pooling = "in-graph" | "cls" | "mean" | "last-token";

/** One file of a model: where it is and what its bytes must be. */
export interface ModelFile {
  /** Absolute, or relative to the page. */
  readonly url: string;
  readonly byteLength: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** Weights that are not shipped but made from a shipped file: see `expand.ts` of the encoder. */
export interface ExpandedData {
  /** The name by which the graph asks for the result. */
  readonly path: string;
  /** Name of the external-data file it is made from. */
  readonly from: string;
  /** JSON plan: where the codes and multipliers lie and where each tensor goes. */
  readonly plan: ModelFile;
}

/** What one device runs: a graph, its external data, and the vectors that this graph must give for the known answers. */
export interface ModelArtifact {
  readonly graph: ModelFile;
  /** External data by the path that the graph names. */
  readonly data: readonly { readonly path: string; readonly file: ModelFile }[];
  readonly expanded?: ExpandedData | undefined;
  /** Float32, row-major, little-endian: one unit vector of `dimensions` for each text of `knownAnswers.texts`. */
  readonly knownAnswers?: ModelFile | undefined;
}

/**
 * Everything there is to know of an embedding model. No step of encoding is implied by a model's name: it stands here or
 * it is not done. Order of the steps: prompt, tokenize, truncate the content, pad right, run, pool, cut to the wanted
 * dimensions, normalize.
 */
export interface ModelCard {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Vectors of two cards may be compared if and only if their cards name the same space. */
  readonly space: string;
  /** Components of a vector as the model gives it. */
  readonly dimensions: number;
  /** Prefix lengths that may be asked for (Matryoshka); only `dimensions` itself where it is empty. */
  readonly matryoshka: readonly number[];
  /** Longest input in tokens, special tokens and prompt included. */
  readonly maxTokens: number;
  readonly pooling: Pooling;
  /** Name of the one graph output that is fetched. */
  readonly output: string;
  /** Put before the text, character by character; `{instruction}` in it is replaced. */
  readonly prompts: Readonly<Record<Role, string>>;
  /** What `{instruction}` becomes when the caller gives none. */
  readonly instruction?: string | undefined;
  readonly artifacts: Readonly<Partial<Record<Device, ModelArtifact>>>;
  readonly tokenizer: ModelFile;
  readonly tokenizerConfig: ModelFile;
  /** Texts of about 5, 40, 100 and 200 tokens: attention kernels have been wrong beyond 32 tokens only. */
  readonly knownAnswers: {
    readonly texts: readonly string[];
    /** Least cosine to the artifact's vectors. */
    readonly floor: number;
  };
}
