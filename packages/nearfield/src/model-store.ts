// What this origin keeps of models, for the app's own "storage" page.
import { loadPart, type ModelCard } from "@nearfield/core";
import { isTowers, type ImportReport, type StoreList } from "@nearfield/models";
import { pocketCard } from "@nearfield/pocket";
import { checkKeys, invalid } from "./check.ts";
import { ModelSource, type ModelChoice, type ModelsOptions } from "./model.ts";
import { requireSecureContext } from "./options.ts";

/** The files of models that this origin keeps between visits. */
export interface ModelStore {
  /** What is kept of which model, with sizes. @throws RetrievalError `STORAGE_UNAVAILABLE` */
  list(): Promise<StoreList>;
  /**
   * Deletes what is kept of a model, under all the names that it has, but for files that another model needs too. An index that
   * was made with it stays; the next query fetches the files again.
   * @returns bytes that are free now
   * @throws RetrievalError `STORAGE_UNAVAILABLE`
   */
  evict(name: string): Promise<number>;
  /** Deletes the beginnings of downloads. @returns bytes that are free now @throws RetrievalError `STORAGE_UNAVAILABLE` */
  evictUnfinished(): Promise<number>;
  /**
   * Stores files of a model that a visitor picked, such as weights on a USB stick. Each is known by its SHA-256, whatever its name;
   * which files a model has is looked up if it is not known yet.
   * @throws RetrievalError `MODEL_INTEGRITY` where a file has the name of one of the model's and other bytes; `STORAGE_FULL`,
   * `STORAGE_UNAVAILABLE`; what finding the model can meet
   */
  importFiles(model: ModelChoice, files: Iterable<File>): Promise<ImportReport>;
}

/**
 * Opens the store of models. Costs nothing until it is asked something.
 * @param options as `models` of `openSearch`; only for models that have to be looked up
 * @throws RetrievalError `INVALID_OPTION`, `INSECURE_CONTEXT`
 */
export function openModelStore(options: ModelsOptions = {}): ModelStore {
  checkKeys("openModelStore", options, ["host", "revision", "redirects", "dtypes", "overrides"]);
  requireSecureContext();
  const open = async () => (await catalogue()).openModelStore();
  return {
    list: async () => (await open()).list(),
    evict: async (name) => {
      if (typeof name !== "string") throw invalid("the name of a model", "a string", name);
      const store = await open();
      let freed = 0;
      for (const one of await namesOf(name)) freed += await store.evict(one);
      return freed;
    },
    evictUnfinished: async () => (await open()).evictUnfinished(),
    importFiles: async (model, files) => {
      const picked = checkFiles(files);
      const { query, document } = await new ModelSource({ model, models: options }).cards();
      const cards: ModelCard[] = query === document ? [document] : [query, document];
      return (await open()).importFiles(cards, picked);
    },
  };
}

const catalogue = () => loadPart(() => import("./catalogue.ts"));

/** The name itself, those of its card, and those of the repositories where that is found. */
async function namesOf(name: string): Promise<ReadonlySet<string>> {
  if (name === "pocket") return new Set([pocketCard.name]);
  const { findCard } = await catalogue();
  let known: ReturnType<typeof findCard>;
  try {
    known = findCard(name);
  } catch {
    // A model that Nearfield knows of and has no card for.
  }
  const cards = known ? (isTowers(known) ? [known.query, known.document] : [known]) : [];
  return new Set([name, ...cards.flatMap((card) => [card.name, card.repository])]);
}

function checkFiles(files: unknown): readonly File[] {
  if (typeof files === "object" && files !== null && Symbol.iterator in files) {
    const list = [...(files as Iterable<unknown>)];
    if (list.every((file) => file instanceof File)) return list;
  }
  throw invalid("files", "a list of files, such as that of an input element", files);
}
