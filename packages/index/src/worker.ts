// The index worker: the calls of the page on its own channel, those of a document worker on the ports it is given.
import { RetrievalError, type IngestCalls } from "@nearfield/core";
import { serve } from "@nearfield/link";
import type { IndexCalls } from "./calls.ts";
import type { FlatIndex } from "./flat-index.ts";
import { IndexedDbStore } from "./indexed-db-store.ts";
import { openFlatIndex } from "./open.ts";

let opened: FlatIndex | undefined;

serve<IndexCalls>({
  async open(options) {
    await opened?.close();
    opened = await openFlatIndex(options);
    return opened.report();
  },
  connect({ port }) {
    const index = current();
    serve<IngestCalls>(
      {
        missing: (entries) => index.missing(entries),
        async commit(block) {
          const { lineage, generation, entries, rows } = await index.commit(block);
          return { lineage, generation, entries, rows };
        },
      },
      port,
    );
    return null;
  },
  search: ({ vector, text, limit, filter }) => current().search(vector, limit, { filter, text }),
  commit: (block) => current().commit(block),
  remove: ({ ids }) => current().remove(ids),
  get: ({ ids }) => current().get(ids),
  list: () => current().list(),
  report: () => current().report(),
  async destroy({ name }) {
    await opened?.close();
    opened = undefined;
    await IndexedDbStore.delete(name);
    return null;
  },
});

function current(): FlatIndex {
  if (opened) return opened;
  throw new RetrievalError("CLOSED", "the index is not open", { repair: "Open it first." });
}
