import { compareScored, RetrievalError, type RowKey, type Scored } from "@nearfield/core";
import type { HitParts, SearchTrace } from "./calls.ts";
import type { FieldTest } from "./filter/compile.ts";
import { CANDIDATES, fuse } from "./fusion.ts";
import type { Image, RankedRow } from "./image.ts";
import type { LexicalRow, Twin } from "./lexical/twin.ts";

/** What is looked for: by meaning, by words, or by both. */
export interface Wanted {
  readonly vector?: Float32Array | undefined;
  readonly text?: string | undefined;
  readonly limit: number;
  readonly tests: readonly FieldTest[];
}

/** A row that was found, and what its score is made of. */
export interface Ranked extends Scored {
  readonly hash: string;
  readonly bare?: RankedRow["bare"];
  readonly parts: HitParts;
}

export interface Ranking {
  readonly rows: readonly Ranked[];
  readonly trace: Pick<SearchTrace, "candidates" | "denseMs" | "lexicalMs" | "fusionMs">;
}

/**
 * Ranks what is in memory. A scan may have to wait for rows, and the image may have changed by then: who calls compares its state
 * before and after.
 */
export async function rankRows(
  image: Image,
  twin: Twin | undefined,
  wanted: Wanted,
): Promise<Ranking> {
  const { vector, text } = wanted;
  if (text === undefined) {
    if (!vector) throw new RetrievalError("INTERNAL", "a search has neither a vector nor a text");
    return rankByMeaning(image, vector, wanted);
  }
  if (!twin) throw new RetrievalError("INTERNAL", "this index has no words");
  return vector
    ? rankByBoth(image, twin, vector, text, wanted)
    : rankByWords(image, twin, text, wanted);
}

/** The same for several vectors, in one pass. */
export async function rankBatch(
  image: Image,
  vectors: readonly Float32Array[],
  limit: number,
  tests: readonly FieldTest[],
): Promise<Ranked[][]> {
  const ranked = await image.searchBatch(vectors, limit, tests);
  return ranked.map((rows) => rows.map(asDense));
}

function asDense(row: RankedRow): Ranked {
  return { ...row, parts: { dense: row.score } };
}

async function rankByMeaning(
  image: Image,
  vector: Float32Array,
  { limit, tests }: Wanted,
): Promise<Ranking> {
  const started = performance.now();
  const found = await image.search(vector, limit, tests);
  const denseMs = performance.now() - started;
  const rows = found.map(asDense);
  return { rows, trace: { candidates: { dense: rows.length }, denseMs } };
}

function rankByWords(image: Image, twin: Twin, text: string, { limit, tests }: Wanted): Ranking {
  const started = performance.now();
  const found = twin.rank(text).top(limit, image.filter(tests));
  const lexicalMs = performance.now() - started;
  const rows = found.map((row) => ({ ...row, parts: { lexical: row.score } }));
  return { rows, trace: { candidates: { lexical: rows.length }, lexicalMs } };
}

/** Each proposes its best, and each proposed row has both of its scores: none is guessed. */
async function rankByBoth(
  image: Image,
  twin: Twin,
  vector: Float32Array,
  text: string,
  { limit, tests }: Wanted,
): Promise<Ranking> {
  const wanted = Math.max(limit, CANDIDATES);
  const started = performance.now();
  const words = twin.rank(text);
  const said = words.top(wanted, image.filter(tests));
  const worded = performance.now();
  const meant = await image.search(vector, wanted, tests);
  const known = new Set(meant.map(nameOf));
  const others: readonly LexicalRow[] = said.filter((row) => !known.has(nameOf(row)));
  const all: readonly RankedRow[] = [...meant, ...(await image.searchAmong(vector, others))];
  const scanned = performance.now();
  const parts = all.map((row) => ({
    id: row.id,
    ordinal: row.ordinal,
    dense: row.score,
    lexical: words.scoreOf(row),
  }));
  const scores = fuse(parts);
  const rows = all.map(({ id, hash, ordinal, bare }, at): Ranked => {
    const { dense = 0, lexical = 0 } = parts[at] ?? {};
    return { id, hash, ordinal, bare, score: scores[at] as number, parts: { dense, lexical } };
  });
  return {
    rows: rows.sort(compareScored).slice(0, limit),
    trace: {
      candidates: { dense: meant.length, lexical: said.length, fused: rows.length },
      lexicalMs: worded - started,
      denseMs: scanned - worded,
      fusionMs: performance.now() - scanned,
    },
  };
}

/** One string for one row. A number first, so that no id can look like another's row. */
function nameOf({ id, ordinal }: RowKey): string {
  return `${ordinal} ${id}`;
}
