// The index worker: the calls of the page on its own channel, those of a document worker on the ports it is given.
import { RetrievalError, type IngestCalls } from "@nearfield/core";
import { aborted, serve, type Job } from "@nearfield/link";
import type { IndexCalls } from "./calls.ts";
import type { Pulse } from "./pulse.ts";
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
  search: ({ vector, text, limit, filter }, { signal }) =>
    current().search(vector, limit, { filter, text, signal }),
  searchBatch: ({ vectors, limit, filter }) => current().searchBatch(vectors, limit, { filter }),
  commit: (block) => current().commit(block),
  remove: ({ ids }) => current().remove(ids),
  get: ({ ids }) => current().get(ids),
  contents: ({ from, limit }) => current().contents(from, limit),
  missing: (entries) => current().missing(entries),
  list: () => current().list(),
  report: () => current().report(),
  compact: (_, job) => current().compact(pulseOf(job)),
  repair: (_, job) => current().repair(pulseOf(job)),
  export: (_, job) => current().export(pulseOf(job)),
  import: ({ file }, job) => current().import(file, pulseOf(job)),
  async destroy({ name }) {
    await opened?.close();
    opened = undefined;
    await IndexedDbStore.delete(name);
    return null;
  },
});

/** A sign of life between two pieces of long work, and the place where it can be given up. */
function pulseOf({ signal, alive }: Job<never>): Pulse {
  return () => {
    if (signal.aborted) throw aborted(signal);
    alive();
  };
}

function current(): FlatIndex {
  if (opened) return opened;
  throw new RetrievalError("CLOSED", "the index is not open", { repair: "Open it first." });
}
