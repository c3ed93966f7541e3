import type {
  Device,
  ModelArtifact,
  ModelFile,
  RepositoryArtifact,
  RepositoryFile,
} from "./card/file.ts";
import type { EncodingRecipe } from "./card/recipe.ts";

/** Texts of about 5, 40, 100 and 200 tokens: attention kernels have been wrong beyond 32 tokens only. */
export interface KnownAnswers {
  readonly texts: readonly string[];
  /** Least cosine to the artifact's vectors. */
  readonly floor: number;
}

/**
 * A model that is ready to be loaded: its recipe, one artifact for each device, and every file pinned to its bytes. It is
 * written by hand for a model that is shipped, else made from a {@link RepositoryCard} when its files are known.
 */
export interface ModelCard extends EncodingRecipe<ModelFile> {
  readonly version: string;
  readonly artifacts: Readonly<Partial<Record<Device, ModelArtifact>>>;
  readonly tokenizer: ModelFile;
  readonly tokenizerConfig: ModelFile;
  readonly knownAnswers: KnownAnswers;
  /** For planning. */
  readonly network?: NetworkShape | undefined;
}

/** Published scores of a few texts, for a test of the whole chain: row = query, column = document. */
export interface KnownScores {
  readonly queries: readonly string[];
  readonly documents: readonly string[];
  readonly scores: readonly (readonly number[])[];
  /** Greatest difference of an unquantized export. */
  readonly tolerance: number;
}

/** Sizes of the network, for what can be calculated before a byte is fetched. Absent: not known. */
export interface NetworkShape {
  readonly parameters?: number | undefined;
  readonly layers?: number | undefined;
  readonly heads?: number | undefined;
  readonly keyValueHeads?: number | undefined;
  readonly headDimensions?: number | undefined;
  readonly intermediateSize?: number | undefined;
  /** Rows of the token table. */
  readonly vocabulary?: number | undefined;
}

/** A model as a repository offers it: its recipe, and the files that there are to choose from. */
export interface RepositoryCard extends EncodingRecipe<RepositoryFile> {
  /** `owner/name` on the hub. */
  readonly repository: string;
  /**
   * A commit of 40 hexadecimal digits is final. A branch is not: it has to be resolved to a commit at the first use, and
   * the commit remembered.
   */
  readonly revision: string;
  /** Empty: no ONNX export is known. What it would take can still be calculated from `network`. */
  readonly artifacts: readonly RepositoryArtifact[];
  readonly tokenizer: RepositoryFile;
  readonly tokenizerConfig: RepositoryFile;
  /** Absent: the usual texts, and vectors that this machine computes at the first use. */
  readonly knownAnswers?: KnownAnswers | undefined;
  readonly knownScores?: KnownScores | undefined;
  readonly network?: NetworkShape | undefined;
}

/** Two models of one space: a query is encoded by one, a document by the other. */
export interface Towers<Card> {
  readonly query: Card;
  readonly document: Card;
}
