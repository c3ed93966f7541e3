import { isRetrievalError } from "@nearfield/core";
import { destroyIndexNamed } from "@nearfield/index";
import { checkName, type WorkerFactory } from "./options.ts";
import { findSlots, placesOf } from "./slots.ts";
import { storeNameOf } from "./store-name.ts";

export interface DestroyOptions {
  readonly workers?: { readonly index?: WorkerFactory | undefined } | undefined;
}

/**
 * Deletes the search index of this name without opening it: one of another model, of a newer version, or a damaged one,
 * which `openSearch` refuses, can be deleted too. An unknown name is no error.
 * @throws RetrievalError `INVALID_OPTION`, `STORAGE_UNAVAILABLE`, `WORKER_*`, `TIMEOUT`
 */
export async function destroySearch(name: string, options?: DestroyOptions): Promise<void> {
  checkName(name);
  for (const place of await findPlaces(name)) {
    await destroyIndexNamed(place, options?.workers?.index);
  }
}

/** What a change of model has begun goes first: alone it would be taken for the index. */
async function findPlaces(name: string): Promise<readonly string[]> {
  const [first, second] = placesOf(name);
  try {
    const { live, spare } = await findSlots(name);
    if (spare.found === null) return [live?.name ?? first];
    return live ? [spare.name, live.name] : [second, first];
  } catch (thrown) {
    if (isRetrievalError(thrown)) return [second, first];
    throw thrown;
  }
}

/** {@link destroySearch} for an index that `openIndex` made. */
export async function destroyIndex(name: string, options?: DestroyOptions): Promise<void> {
  checkName(name);
  await destroyIndexNamed(storeNameOf("vectors", name), options?.workers?.index);
}
