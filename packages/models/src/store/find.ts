import type { ModelCard, RepositoryCard, Towers } from "@nearfield/core";
import { openShelf } from "./cache-storage.ts";
import type { ModelStoreOptions } from "./model-store.ts";
import { resolveModel, type ResolveOptions } from "./resolve.ts";

/** `ModelStore.resolve` alone, for a page that needs nothing else of the store. */
export async function findModel(
  model: string | RepositoryCard,
  how: ResolveOptions = {},
  options: ModelStoreOptions = {},
): Promise<ModelCard | Towers<ModelCard>> {
  const { cache = await openShelf().catch(() => null) } = options;
  return resolveModel(model, how, options, cache);
}
