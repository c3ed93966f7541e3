import { isRetrievalError, sameToken } from "@nearfield/core";
import { expect, it } from "vitest";
import { buildColumns, cellsOf } from "./columns.ts";
import { decodeEntry, encodeEntry } from "./entry-record.ts";
import { createManifest, decodeManifest, encodeManifest } from "./manifest.ts";
import { decodeSegment, layOutSegment, sealSegment, type Part } from "./segment.ts";

const DIMENSIONS = 5;
const SPACE = "space \ud800";
const PARTS: readonly Part[] = [
  { id: "a", hash: "first", ordinal: 0, rows: 2, of: 2, payload: "record" },
  { id: "\ud800 alone", hash: "#", ordinal: 4, rows: 1, of: 9, payload: "none" },
  { id: "__proto__", hash: "#", ordinal: 0, rows: 1, of: 1, payload: "fields" },
];

const FIELDS = [
  { lang: "en", year: 2020, tags: ["a", "\ud800", "a"] },
  { lang: "en", tags: [], draft: false, until: null },
  JSON.parse('{"__proto__":-0.5,"constructor":"x"}') as object,
];
const COLUMNS = buildColumns(FIELDS.map((fields) => cellsOf({ fields })));

function sampleSegment() {
  const { bytes, vectors } = layOutSegment(PARTS, COLUMNS, {
    space: SPACE,
    dimensions: DIMENSIONS,
  });
  vectors.forEach((_, at) => (vectors[at] = at - 7.25));
  return {
    bytes,
    vectors,
    expected: { rows: 4, dimensions: DIMENSIONS, checksum: sealSegment(bytes) },
  };
}

const ENTRY = {
  id: "\udc00",
  hash: "h",
  payload: JSON.parse(
    '{"text":"é\\ud800","__proto__":{"polluted":true},"n":[1,null,false]}',
  ) as unknown,
};

const MANIFEST = {
  ...createManifest("space \ud800", 3),
  entries: 2,
  segments: [{ id: 1, rows: 4, byteLength: 9, checksum: 7, bitmap: { live: 2, checksum: 3 } }],
};

it("a segment comes back as it was, wherever its bytes begin", () => {
  const { bytes, vectors, expected } = sampleSegment();
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  for (const record of [bytes, shifted.subarray(3)]) {
    expect(decodeSegment(record, expected).parts).toEqual(PARTS);
    expect(decodeSegment(record, expected).vectors).toEqual(vectors);
    expect(decodeSegment(record, expected).columns).toEqual(COLUMNS);
    expect(decodeSegment(record).space).toBe(SPACE);
  }
});

it("an entry comes back as it was, whatever its strings and keys", () => {
  const entry = decodeEntry(encodeEntry(ENTRY));
  expect(entry).toEqual(ENTRY);
  expect(Object.keys(entry.payload as object)).toEqual(["text", "__proto__", "n"]);
  expect({}).not.toHaveProperty("polluted");
});

it("a manifest comes back as it was", () => {
  expect(decodeManifest(encodeManifest(MANIFEST))).toEqual(MANIFEST);
  expect(sameToken(encodeManifest(MANIFEST), MANIFEST)).toBe(true);
});

it.each<[string, Uint8Array<ArrayBuffer>, (bytes: Uint8Array<ArrayBuffer>) => unknown]>([
  ["segment", sampleSegment().bytes, (bytes) => decodeSegment(bytes, sampleSegment().expected)],
  ["entry", encodeEntry(ENTRY), decodeEntry],
  [
    "manifest",
    encodeManifest(MANIFEST).bytes,
    (bytes) => decodeManifest({ ...encodeManifest(MANIFEST), bytes }),
  ],
])("every flipped bit and every cut of a %s is noticed", (_, sound, decode) => {
  decode(sound);
  for (let bit = 0; bit < sound.length * 8; bit++) {
    const flipped = sound.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    expect(
      codeOf(() => decode(flipped)),
      `bit ${bit}`,
    ).toMatch(/^(STORAGE_CORRUPT|FORMAT_TOO_NEW)$/);
  }
  for (let length = 0; length < sound.length; length++) {
    expect(codeOf(() => decode(sound.slice(0, length)))).toBe("STORAGE_CORRUPT");
  }
});

it("a segment in the place of another is noticed", () => {
  const { bytes, expected } = sampleSegment();
  expect(codeOf(() => decodeSegment(bytes, { ...expected, checksum: 1 }))).toBe("STORAGE_CORRUPT");
  expect(codeOf(() => decodeSegment(bytes, { ...expected, rows: 5 }))).toBe("STORAGE_CORRUPT");
});

it("a manifest of a later format is refused by name, even where the rest can not be read", () => {
  const record = { ...encodeManifest(MANIFEST), format: 2, bytes: new Uint8Array(3) };
  expect(codeOf(() => decodeManifest(record))).toBe("FORMAT_TOO_NEW");
});

it.each([
  ["a date", new Date(0)],
  ["a map", new Map()],
  ["a function", () => 1],
  ["a symbol", Symbol("s")],
  ["a bigint", 1n],
  ["a number that JSON has not", Number.NaN],
  ["a circle", circle()],
])("a payload with %s in it is refused rather than changed", (_, value) => {
  const payload = { fields: [value] };
  expect(codeOf(() => encodeEntry({ ...ENTRY, payload }))).toBe("INVALID_DOCUMENT");
});

function circle(): object {
  const value: { self?: object } = {};
  value.self = value;
  return value;
}

function codeOf(run: () => unknown): string {
  try {
    run();
    return "nothing thrown";
  } catch (thrown) {
    return isRetrievalError(thrown) ? thrown.code : `not ours: ${String(thrown)}`;
  }
}
