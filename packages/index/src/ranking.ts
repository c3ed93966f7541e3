import { RetrievalError, type Scored } from "@nearfield/core";
import type { HitParts } from "./calls.ts";
import type { FieldTest } from "./filter/compile.ts";
import type { Image, RankedRow } from "./image.ts";
import type { Twin } from "./lexical/twin.ts";

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
  readonly parts: HitParts;
}

/**
 * Ranks what is in memory. A scan may have to wait for rows, and the image may have changed by then: who calls compares its state
 * before and after.
 */
export async function rankRows(
  image: Image,
  twin: Twin | undefined,
  wanted: Wanted,
): Promise<Ranked[]> {
  const { vector, text, limit, tests } = wanted;
  if (text === undefined) {
    if (!vector) throw new RetrievalError("INTERNAL", "a search has neither a vector nor a text");
    return (await image.search(vector, limit, tests)).map(asDense);
  }
  if (!twin) throw new RetrievalError("INTERNAL", "this index has no words");
  const rows = twin.rank(text).top(limit, image.filter(tests));
  return rows.map((row) => ({ ...row, parts: { lexical: row.score } }));
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
