// Brings one index to the content of another, with vectors of its own.
import {
  sameToken,
  type DocumentInput,
  type StoredDocument,
  type StoreToken,
} from "@nearfield/core";
import { batches } from "@nearfield/encoder";
import { aborted } from "@nearfield/link";
import type { Serving } from "./serving.ts";

/** Entries that are compared in one question: a page must be able to copy them between two frames. */
const ENTRIES_PER_PAGE = 1_000;
/** Documents that are read in one question. */
const DOCUMENTS_PER_READ = 64;

/**
 * Encodes what `from` has and `to` lacks, and removes from `to` what `from` has no longer, until nothing is left to do. What
 * was done before, by this page or one that was killed, is not done again.
 * @returns the state of `from` that `to` is equal to
 * @throws RetrievalError `ABORTED`, and what the indexes and the encoder of `to` can meet
 */
export async function mirror(from: Serving, to: Serving, signal: AbortSignal): Promise<StoreToken> {
  const copied = new Map<string, string>();
  for (;;) {
    const { token, missing } = await findMissing(from, to, copied, signal);
    const gone = await findGone(from, to, signal);
    for await (const batch of batches(read(from, [...missing.keys()], signal), { signal })) {
      await to.document.ingest(batch, { signal, onProgress: ({ index }) => to.count(index) });
    }
    for (const [id, hash] of missing) copied.set(id, hash);
    if (gone.length > 0) await to.index.remove(gone);
    if (token && missing.size === 0 && gone.length === 0) {
      const { lineage, generation } = await from.index.report();
      if (sameToken(token, { lineage, generation })) return token;
    }
  }
}

/** Ids of entries that `to` does not have in this form, with their hashes; the token of `from` if it stood still meanwhile. */
async function findMissing(
  from: Serving,
  to: Serving,
  copied: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<{ token: StoreToken | undefined; missing: Map<string, string> }> {
  const missing = new Map<string, string>();
  const seen = new Set<string>();
  const tokens: StoreToken[] = [];
  for (let at = 0; ; at += ENTRIES_PER_PAGE) {
    const { entries, lineage, generation } = await from.index.contents(at, ENTRIES_PER_PAGE);
    if (signal.aborted) throw aborted(signal);
    tokens.push({ lineage, generation });
    const hashes = new Map(entries.map(({ id, hash }) => [id, hash]));
    for (const id of hashes.keys()) seen.add(id);
    for (const id of await to.index.missing(entries)) {
      const hash = hashes.get(id) as string;
      // A hash of another version of the splitter's rules never comes out equal: once is enough.
      if (copied.get(id) !== hash) missing.set(id, hash);
    }
    if (entries.length < ENTRIES_PER_PAGE) break;
  }
  // Entries whose vectors are damaged can not be found, but their documents may be sound: they get new vectors.
  if (from.report.degraded.some(({ lostEntries }) => lostEntries)) {
    const lost = (await from.index.list()).filter((id) => !seen.has(id) && !copied.has(id));
    const held = await to.index.get(lost);
    for (const [at, id] of lost.entries()) if (!held[at]) missing.set(id, "");
  }
  const [token] = tokens;
  return { token: tokens.every((one) => sameToken(one, token)) ? token : undefined, missing };
}

/** Ids that `to` has and `from` does not. */
async function findGone(from: Serving, to: Serving, signal: AbortSignal): Promise<string[]> {
  const other: string[] = [];
  for (let at = 0; ; at += ENTRIES_PER_PAGE) {
    const { entries } = await to.index.contents(at, ENTRIES_PER_PAGE);
    if (signal.aborted) throw aborted(signal);
    other.push(...(await from.index.missing(entries)));
    if (entries.length < ENTRIES_PER_PAGE) break;
  }
  if (other.length === 0) return [];
  // Some of these have only changed, or are damaged where they came from.
  const stored = new Set(await from.index.list());
  return other.filter((id) => !stored.has(id));
}

async function* read(
  from: Serving,
  ids: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<DocumentInput> {
  for (let at = 0; at < ids.length; at += DOCUMENTS_PER_READ) {
    if (signal.aborted) throw aborted(signal);
    for (const entry of await from.index.get(ids.slice(at, at + DOCUMENTS_PER_READ))) {
      // Null: removed meanwhile, or damaged.
      if (entry) yield documentOf(entry.payload as StoredDocument);
    }
  }
}

function documentOf({ id, text, title, url, fields }: StoredDocument): DocumentInput {
  return { id, text, title, url, fields };
}
