import { destroyIndexNamed } from "@nearfield/index";
import { checkName, type WorkerFactory } from "./options.ts";
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
  await destroyIndexNamed(storeNameOf("search", name), options?.workers?.index);
}

/** {@link destroySearch} for an index that `openIndex` made. */
export async function destroyIndex(name: string, options?: DestroyOptions): Promise<void> {
  checkName(name);
  await destroyIndexNamed(storeNameOf("vectors", name), options?.workers?.index);
}
