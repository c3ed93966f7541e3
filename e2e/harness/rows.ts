// Rows for `openIndex` by their few distinguishing marks, the same on the page and in the test: what is stored can be told from a list.

export const DIMENSIONS = 32;

/** An id and which content it has. */
export type Mark = readonly [id: string, version: number];

/** Whole numbers, so that sums are exact; many rows tie. */
export function vectorOf(seed: string): number[] {
  let state = 0x811c9dc5;
  for (let at = 0; at < seed.length; at++) {
    state = Math.imul(state ^ seed.charCodeAt(at), 0x01000193);
  }
  return Array.from({ length: DIMENSIONS }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) % 7) - 3;
  });
}

export function rowOf([id, version]: Mark): {
  id: string;
  vector: number[];
  fields: { version: number };
} {
  return { id, vector: vectorOf(`${id} ${version}`), fields: { version } };
}

export interface Found {
  readonly id: string;
  readonly version: number;
  readonly score: number;
}

/** What a query has to find: score descending, then id by code unit. */
export function rank(rows: ReadonlyMap<string, number>, query: string, limit: number): Found[] {
  const asked = vectorOf(query);
  const found = Array.from(rows, ([id, version]): Found => {
    const score = vectorOf(`${id} ${version}`).reduce((sum, x, at) => sum + x * asked[at]!, 0);
    return { id, version, score };
  });
  const byId = (a: Found, b: Found) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  return found.sort((a, b) => b.score - a.score || byId(a, b)).slice(0, limit);
}
