// What a card says of files: of one that is pinned to its bytes, and of one that so far only has a place.

/** One file of a model: where it is and what its bytes must be. */
export interface ModelFile {
  /** Absolute, or relative to the page. */
  readonly url: string;
  readonly byteLength: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/**
 * One file of a repository, at the revision that its card names. Size and hash are there where somebody has seen the
 * file; a card that was written from documents leaves them out, and whoever fetches the file first learns them.
 */
export interface RepositoryFile {
  /** From the root of the repository, without a leading slash. */
  readonly path: string;
  readonly byteLength?: number | undefined;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256?: string | undefined;
}

export type Device = "webgpu" | "wasm";

/** Number format of an export's weights, by the names that transformers.js has for them; `q8` is `model_quantized.onnx`. */
export type Dtype = "fp32" | "fp16" | "q8" | "int8" | "uint8" | "q4" | "q4f16" | "bnb4";

/** A graph of a repository in one number format. */
export interface RepositoryArtifact {
  readonly dtype: Dtype;
  /** Where this format computes at full speed and rightly. */
  readonly devices: readonly Device[];
  readonly graph: RepositoryFile;
  /** External data by the path that the graph names. */
  readonly data: readonly { readonly path: string; readonly file: RepositoryFile }[];
}

/** A number format that must not be used, with what was seen. */
export interface DtypeLimit {
  readonly dtype: Dtype;
  /** Absent: on no device. */
  readonly device?: Device | undefined;
  readonly reason: string;
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
  /** Absent where the graph mixes formats of its own. */
  readonly dtype?: Dtype | undefined;
  readonly graph: ModelFile;
  /** External data by the path that the graph names. */
  readonly data: readonly { readonly path: string; readonly file: ModelFile }[];
  readonly expanded?: ExpandedData | undefined;
  /** Float32, row-major, little-endian: one unit vector of `dimensions` for each text of `knownAnswers.texts`. */
  readonly knownAnswers?: ModelFile | undefined;
}
