import type { Device, RerankerCard, RerankerRepositoryCard } from "@nearfield/core";
import type { ModelsOptions } from "./model.ts";

/** The name of a reranker: one that has a card, or its repository (`owner/name`, on a host of one's own also `name` alone); or a card. */
export type RerankerChoice = string | RerankerCard | RerankerRepositoryCard;

/** Which reranker, and how it is asked. */
export interface RerankModelOptions {
  readonly model: RerankerChoice;
  /** What a passage has to do, in English, for models that take an instruction. Default: that of the model's card. */
  readonly instruction?: string | undefined;
  /** As for encoders. Default `auto`. */
  readonly device?: "auto" | Device | undefined;
  /** Where models by name come from. */
  readonly models?: Omit<ModelsOptions, "overrides"> | undefined;
}

/** A reranker behind words and meaning. `device`, and `host` and `redirects` of `models`, are those of the search unless told. */
export interface SearchRerankOptions extends RerankModelOptions {
  /** How many of the best hits it reads, 1 to 1,000. The others stay behind them as they are. Default 20. */
  readonly candidates?: number | undefined;
  /** How long it may take, loading the model included, in milliseconds. Then the order stays. Default: as long as it takes. */
  readonly timeoutMs?: number | undefined;
}

/** For one query: whether it is reranked, or how many of its hits are. */
export type QueryRerank = boolean | Pick<SearchRerankOptions, "candidates">;
