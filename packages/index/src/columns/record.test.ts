import { isRetrievalError } from "@nearfield/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { buildColumns, cellsOf } from "../columns.ts";
import { decodeColumns, encodeColumns } from "./record.ts";

const ROWS = [
  { lang: "en", year: 2020, tags: ["a", "b"] },
  { lang: "de", tags: [] },
  {},
  { year: -0.5, draft: true, until: null },
];
const COLUMNS = buildColumns(ROWS.map((fields) => cellsOf({ fields })));
const BYTES = encodeColumns(COLUMNS);

function codeOf(bytes: Uint8Array<ArrayBuffer>, parts = ROWS.length): string {
  try {
    decodeColumns(bytes, parts);
    return "decoded";
  } catch (thrown) {
    return isRetrievalError(thrown) ? thrown.code : `not ours: ${String(thrown)}`;
  }
}

/** Columns with this text as their head, and `words` behind it. */
function withHead(text: string, words: readonly number[] = []): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 4) * 4));
  const bytes = new Uint8Array(4 + head.length + words.length * 4);
  new Uint32Array(bytes.buffer, 0, 1)[0] = head.length;
  bytes.set(head, 4);
  new Uint32Array(bytes.buffer, 4 + head.length).set(words);
  return bytes;
}

it("columns come back as they were, and do not keep the record alive", () => {
  const decoded = decodeColumns(BYTES, ROWS.length);
  expect(decoded).toEqual(COLUMNS);
  for (const { starts, codes } of decoded.byName.values()) {
    expect([starts.buffer === BYTES.buffer, codes.buffer === BYTES.buffer]).toEqual([false, false]);
  }
  expect(decodeColumns(encodeColumns(buildColumns([])), 0)).toEqual(buildColumns([]));
});

it("bytes that nobody of ours wrote are STORAGE_CORRUPT or columns, never another failure", () => {
  const mutation = fc.tuple(fc.nat(BYTES.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(mutation, { maxLength: 4 }), fc.nat(BYTES.length), (changes, cut) => {
      const bytes = BYTES.slice();
      for (const [at, byte] of changes) bytes[at] = byte;
      expect(codeOf(bytes)).toMatch(/^(decoded|STORAGE_CORRUPT)$/);
      expect(codeOf(bytes.slice(0, cut))).toMatch(/^(decoded|STORAGE_CORRUPT)$/);
    }),
    { numRuns: 1000, seed: 1 },
  );
}, 60_000);

it.each<[string, string, readonly number[]]>([
  ["no list", "null", []],
  ["a column that is none", "[null]", []],
  ["a name that is none", `[[1,["a"],1]]`, [0, 1, 0]],
  ["values that are no list", `[["a","b",1]]`, [0, 1, 0]],
  ["a value that no field can hold", `[["a",[{}],1]]`, [0, 1, 0]],
  ["a negative number of codes", `[["a",[1],-1]]`, [0]],
  ["a code without a value", `[["a",[1],1]]`, [0, 1, 1]],
  ["starts that go back", `[["a",[1],1]]`, [1, 0, 0]],
  ["codes that belong to no part", `[["a",[1],2]]`, [0, 1, 0, 0]],
  ["too few words", `[["a",[1],1]]`, [0, 1]],
  ["too many words", `[["a",[1],1]]`, [0, 1, 0, 0]],
])("columns with %s are refused", (_, head, words) => {
  expect(codeOf(withHead(`[["a",[1],1]]`, [0, 1, 0]), 1)).toBe("decoded");
  expect(codeOf(withHead(head, words), 1)).toBe("STORAGE_CORRUPT");
});
