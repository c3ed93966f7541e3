import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeWords, encodeWords } from "./record.ts";

const rowsOf = (words: ReturnType<typeof decodeWords>) =>
  words && Array.from({ length: words.rows }, (_, row) => words.of(row));

describe("the record of a segment's words", () => {
  it("comes back as it was", () => {
    const word = fc.oneof(fc.string({ unit: "binary", maxLength: 4 }), fc.constant("__proto__"));
    fc.assert(
      fc.property(
        fc.array(fc.array(word, { maxLength: 6 }), { maxLength: 6 }),
        fc.nat(),
        (rows, checksum) => {
          const bytes = encodeWords(rows, checksum);
          expect(rowsOf(decodeWords(bytes, { checksum, rows: rows.length }))).toEqual(rows);
          const within = new Uint8Array(bytes.length + 3);
          within.set(bytes, 3);
          const view = within.subarray(3);
          expect(rowsOf(decodeWords(view, { checksum, rows: rows.length }))).toEqual(rows);
        },
      ),
      { numRuns: 12, seed: 1 },
    );
  });

  it("holds more distinct words than two bytes can count", () => {
    const rows = [Array.from({ length: 70_000 }, (_, at) => `w${at}`), ["w69999"]];
    expect(rowsOf(decodeWords(encodeWords(rows, 1), { checksum: 1, rows: 2 }))).toEqual(rows);
  });

  it("is refused where it is absent, cut, changed, or of another segment", () => {
    const bytes = encodeWords([["tide", "moon"], [], ["tide"]], 7);
    const segment = { checksum: 7, rows: 3 };
    expect(decodeWords(bytes, segment)).toBeDefined();
    expect(decodeWords("absent", segment)).toBeUndefined();
    expect(decodeWords("unreadable", segment)).toBeUndefined();
    expect(decodeWords(new Uint8Array(), segment)).toBeUndefined();
    expect(decodeWords(bytes, { checksum: 8, rows: 3 })).toBeUndefined();
    expect(decodeWords(bytes, { checksum: 7, rows: 4 })).toBeUndefined();
    for (let end = 0; end < bytes.length; end++) {
      expect(decodeWords(bytes.slice(0, end), segment)).toBeUndefined();
    }
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(decodeWords(flipped, segment), `bit ${bit}`).toBeUndefined();
    }
  });
});
