import type { ModelCard } from "@nearfield/core";
import { openShelf } from "./store/cache-storage.ts";
import { evictModel, evictUnfinished, listModels } from "./store/contents.ts";
import { importInto } from "./store/import.ts";
import type { ModelStore, ModelStoreOptions } from "./store/model-store.ts";
import { resolveModel } from "./store/resolve.ts";

/** @throws RetrievalError `INVALID_OPTION` only when a model is asked for: see `resolve` */
export function openModelStore(options: ModelStoreOptions = {}): ModelStore {
  const openOwn = async () => options.cache ?? (await openShelf());
  const openAny = async () => {
    if (options.cache !== undefined) return options.cache;
    return openShelf().catch(() => null);
  };
  return {
    resolve: async (model, how = {}) => resolveModel(model, how, options, await openAny()),
    list: async () => listModels(await (await openOwn()).list()),
    evict: async (name) => evictModel(name, await openOwn()),
    evictUnfinished: async () => evictUnfinished(await openOwn()),
    importFiles: async (cards, files) =>
      importInto(await openOwn(), [cards].flat() as ModelCard[], files),
  };
}
