import {
  ERROR_CODES,
  openEncoder,
  openIndex,
  openSearch,
  RetrievalError,
  type DocumentInput,
  type Encoder,
  type Search,
  type VectorIndex,
} from "nearfield";
import { rowOf, vectorOf } from "./rows.ts";

/** What a spec finds on the page. */
const tools = {
  openSearch,
  openEncoder,
  openIndex,
  RetrievalError,
  rowOf,
  vectorOf,
  codeOf,
  storedIn,
  idsOf,
  emptyOut,
};

type Nearfield = typeof tools;

/** What lives on from one `evaluate` to the next; whoever reads it has set it before. */
interface Kept {
  search: Search;
  documents: readonly DocumentInput[];
  encoder: Encoder;
  index: VectorIndex;
}

declare global {
  // `var` is the only declaration that types `globalThis`.
  var nearfield: Nearfield;
  var kept: Kept;
}

Object.assign(globalThis, { nearfield: tools, kept: {} });

/** The code with which `run` fails; anything that is no `RetrievalError` with a known code and a repair is told in words. */
async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run();
    return "no error";
  } catch (thrown) {
    if (!(thrown instanceof RetrievalError)) return `raw: ${String(thrown)}`;
    if (!ERROR_CODES.includes(thrown.code)) return `unknown code: ${thrown.code}`;
    return thrown.code;
  }
}

/** Most hits that one query may ask for. */
const ALL = 1_000;

/** Every passage that is stored, by document: one query that asks for all. */
async function storedIn(search: Search): Promise<Record<string, { start: number; end: number }[]>> {
  const { hits } = await search.query("everything", { limit: ALL });
  const stored: Record<string, { start: number; end: number }[]> = {};
  for (const { document, passage } of hits) {
    if (document.text.slice(passage.start, passage.end) !== passage.text) {
      throw new Error(`the offsets of ${document.id} do not give its passage`);
    }
    (stored[document.id] ??= []).push({ start: passage.start, end: passage.end });
  }
  for (const spans of Object.values(stored)) spans.sort((a, b) => a.start - b.start);
  return stored;
}

/** Ids of the documents that a query finds, best first, each once. */
async function idsOf(search: Search, query: string, limit = 10): Promise<string[]> {
  const { hits } = await search.query(query, { limit });
  return [...new Set(hits.map(({ document }) => document.id))];
}

/** Removes all that is stored. */
async function emptyOut(search: Search): Promise<void> {
  while (search.status().counts.documents > 0) {
    await search.remove(Object.keys(await storedIn(search)));
  }
}

export type { DocumentInput };
