import type { ModelCard } from "@nearfield/core";
import { openShelf } from "./store/cache-storage.ts";
import { evictModel, evictUnfinished, listModels } from "./store/contents.ts";
import { importInto } from "./store/import.ts";
import type { ModelStore, ModelStoreOptions } from "./store/model-store.ts";
import { findModel } from "./store/find.ts";

/** @throws RetrievalError `INVALID_OPTION` only when a model is asked for: see `resolve` */
export function openModelStore(options: ModelStoreOptions = {}): ModelStore {
  const openOwn = async () => options.cache ?? (await openShelf());
  return {
    resolve: (model, how) => findModel(model, how, options),
    list: async () => listModels(await (await openOwn()).list()),
    evict: async (name) => evictModel(name, await openOwn()),
    evictUnfinished: async () => evictUnfinished(await openOwn()),
    importFiles: async (cards, files) =>
      importInto(await openOwn(), [cards].flat() as ModelCard[], files),
  };
}
