import { SPLITTER_VERSION } from "@nearfield/encoder";
import { IndexClient, spawnIndexWorker } from "@nearfield/index";
import { checkDimensions, fingerprintOf } from "@nearfield/models";
import { openTower } from "./encoder.ts";
import { ModelSource } from "./model.ts";
import { checkSearchOptions, DEFAULTS, type SearchOptions } from "./options.ts";
import { Search } from "./search.ts";
import { storeNameOf } from "./store-name.ts";

/**
 * Opens the search index of this name, or makes it. Resolves as soon as the index can be read: the query model goes on
 * loading, and the first `query` waits for it. The document worker starts with the first `add`. What a model's name stands
 * for has to be known: the first time that takes a network, from then on it is remembered.
 *
 * @throws RetrievalError `INVALID_OPTION`; `INSECURE_CONTEXT`; `MODEL_MISMATCH` where the index holds vectors of another model,
 * or two towers do not fit; `MODEL_*` and `ABORTED` where a model's name can not be resolved;
 * `FORMAT_TOO_NEW`; `UPGRADE_REQUIRED`; `WORKER_UNAVAILABLE`. {@link destroySearch} deletes an index that
 * is refused. Storage that is refused is no error where nothing was stored before: the index then lives in memory, and
 * `status().persistence` says `ephemeral`. Where something was, it is `STORAGE_UNAVAILABLE` or `STORAGE_FULL`.
 */
export async function openSearch(options: SearchOptions): Promise<Search> {
  const checked = checkSearchOptions(options);
  const source = new ModelSource(checked);
  const cards = await source.cards();
  const card = cards.document;
  const dimensions = checkDimensions(card, checked.dimensions);
  // Before a worker starts: where it fails, nothing has to be ended.
  const fingerprint = await fingerprintOf(card, dimensions, String(SPLITTER_VERSION));
  const query = openTower(source, checked, "query", { spawn: checked.workers?.query });
  // The model loads while the index opens. A failure shows in status() and in the first query that meets it.
  query.start().catch(() => {});
  const index = new IndexClient({
    name: storeNameOf("search", checked.name),
    dimensions,
    fingerprint,
    holding: "documents",
    precision: checked.precision,
    durability: checked.durability,
    spawn: checked.workers?.index ?? spawnIndexWorker,
    onReport: (report) => search?.onReport(report),
  });
  let search: Search | undefined;
  try {
    const report = await index.open();
    const document = openTower(source, checked, "document", {
      spawn: checked.workers?.document,
      connectIndex: () => index.connect(),
      idleMs: DEFAULTS.documentIdleMs,
    });
    const model = {
      name: card.name,
      version: card.version,
      dimensions,
      query:
        cards.query === card ? undefined : { name: cards.query.name, version: cards.query.version },
    };
    search = new Search({ options: checked, model, query, document, index, report });
    return search;
  } catch (thrown) {
    query.close();
    index.close();
    throw thrown;
  }
}
