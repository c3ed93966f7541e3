import {
  RetrievalError,
  type Device,
  type Dtype,
  type RerankerCard,
  type RerankerRepositoryCard,
} from "@nearfield/core";
import { RERANKER_NAMES } from "../cards/reranker-names.ts";
import { findReranker } from "../cards/rerankers.ts";
import { pinOffer } from "../pin.ts";
import { validateRerankerCard, validateRerankerRepositoryCard } from "../reranker-card.ts";
import { openShelf } from "./cache-storage.ts";
import type { ModelStoreOptions } from "./model-store.ts";
import { openRepository } from "./repository.ts";
import { learnOffer } from "./resolve.ts";

export interface ResolveRerankerOptions extends ModelStoreOptions {
  /** A commit, branch or tag. Default: the card's. */
  readonly revision?: string | undefined;
  /** Asks the host again what a branch stands for, and takes that from now on. */
  readonly refresh?: boolean | undefined;
  /** Number format for each device that shall be served. Default: the best there is for each. */
  readonly dtypes?: Readonly<Partial<Record<Device, Dtype>>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The card of a reranker with every file pinned to a commit, its size and its hash. What was learned is remembered.
 * @param model a name that has a card here, or the card of what a repository offers
 * @throws RetrievalError `MODEL_UNSUPPORTED` for an unknown name or one without an ONNX file; as `ModelStore.resolve`
 */
export async function resolveReranker(
  model: string | RerankerRepositoryCard,
  options: ResolveRerankerOptions = {},
): Promise<RerankerCard> {
  const card =
    typeof model === "string" ? findReranker(model) : validateRerankerRepositoryCard(model);
  if (!card) {
    throw new RetrievalError("MODEL_UNSUPPORTED", "no reranker of this name has a card here", {
      value: model,
      repair: `Give a card, or one of ${RERANKER_NAMES.join(", ")}.`,
    });
  }
  const { dtypes, revision = card.revision, cache, ...hosting } = options;
  const shelf = cache === undefined ? await openShelf().catch(() => null) : cache;
  const hosted = await openRepository(card.repository, { ...hosting, revision, shelf });
  const learned = await learnOffer(card, hosted, dtypes);
  const { repository: _r, revision: _v, ...recipe } = learned.found;
  const pinned = validateRerankerCard({ ...recipe, ...pinOffer(learned.found, learned.options) });
  await hosted.complete();
  return pinned;
}
