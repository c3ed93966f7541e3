import type { Device, Dtype, RerankerCard, RerankerRepositoryCard } from "@nearfield/core";
import { findReranker } from "../cards/rerankers.ts";
import { pinOffer } from "../pin.ts";
import { validateRerankerCard, validateRerankerRepositoryCard } from "../reranker-card.ts";
import { rerankerFromRepository } from "../reranker-repository.ts";
import { openShelf } from "./cache-storage.ts";
import { locateRepository } from "./locate.ts";
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
 * The card of a reranker with every file pinned to a commit, its size and its hash: a built-in card by any of its names, else what
 * the repository's own files say; or the card that is given. What was learned is remembered.
 * @throws RetrievalError as `rerankerFromRepository` and `ModelStore.resolve`
 */
export async function resolveReranker(
  model: string | RerankerRepositoryCard,
  options: ResolveRerankerOptions = {},
): Promise<RerankerCard> {
  const { dtypes, revision, cache, ...hosting } = options;
  const shelf = cache === undefined ? await openShelf().catch(() => null) : cache;
  const opening = { ...hosting, shelf };
  const known =
    typeof model === "string" ? findReranker(model) : validateRerankerRepositoryCard(model);
  const asked = typeof model === "string" ? model : undefined;
  const hosted = known
    ? await locateRepository(known, asked, { ...opening, revision: revision ?? known.revision })
    : await openRepository(model as string, { ...opening, revision });
  const { repository, commit } = hosted;
  const card = known
    ? { ...known, repository }
    : await rerankerFromRepository(hosted, { repository, revision: commit });
  const learned = await learnOffer(card, hosted, dtypes);
  const { repository: _r, revision: _v, ...recipe } = learned.found;
  const pinned = validateRerankerCard({ ...recipe, ...pinOffer(learned.found, learned.options) });
  await hosted.complete();
  return pinned;
}
