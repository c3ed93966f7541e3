import type { KnownScores, NetworkShape } from "../card.ts";
import type {
  Device,
  DtypeLimit,
  ModelArtifact,
  ModelFile,
  RepositoryArtifact,
  RepositoryFile,
} from "./file.ts";

/**
 * A language model that answers yes or no: the score is sigmoid(logit of yes - logit of no) behind
 * `prefix + body + suffix`. In prefix and suffix the names of special tokens are those tokens; in the body, and in what is put
 * into it, they are text.
 */
export interface YesNoScoring {
  readonly kind: "yes-no";
  readonly prefix: string;
  /** `{instruction}`, `{query}` and `{passage}` in it are replaced; the passage comes last. */
  readonly body: string;
  readonly suffix: string;
  /** What `{instruction}` becomes when the caller gives none. */
  readonly instruction: string;
  /** The tokens whose logits are compared, by name. */
  readonly yes: string;
  readonly no: string;
}

/** A classic cross-encoder: query and passage as the tokenizer's own pair, one logit out. */
export interface PairScoring {
  readonly kind: "pair";
  /** What makes the score of the logit. */
  readonly activation: "sigmoid" | "identity";
}

/** From a query and a passage to a score: every step that a model asks for, as data. */
export interface RerankRecipe {
  readonly name: string;
  readonly licence: string;
  /** BCP 47 tags of the languages it was made for. Absent: not stated. */
  readonly languages?: readonly string[] | undefined;
  /** Longest input in tokens, template and special tokens included. */
  readonly maxTokens: number;
  readonly scoring: YesNoScoring | PairScoring;
  readonly dtypeLimits?: readonly DtypeLimit[] | undefined;
  readonly network?: NetworkShape | undefined;
}

/** A reranker that is ready to be loaded: every file pinned to its bytes. The graph's output is `logits`. */
export interface RerankerCard extends RerankRecipe {
  readonly version: string;
  readonly artifacts: Readonly<Partial<Record<Device, ModelArtifact>>>;
  readonly tokenizer: ModelFile;
  readonly tokenizerConfig: ModelFile;
  /** What every device must give. Absent: the device is compared with itself, which finds less. */
  readonly knownScores?: KnownScores | undefined;
}

/** A reranker as a repository offers it. */
export interface RerankerRepositoryCard extends RerankRecipe {
  /** `owner/name` on the hub. */
  readonly repository: string;
  /** A commit, or a branch that has to be resolved. */
  readonly revision: string;
  readonly artifacts: readonly RepositoryArtifact[];
  readonly tokenizer: RepositoryFile;
  readonly tokenizerConfig: RepositoryFile;
}
