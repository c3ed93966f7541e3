import type { Fields } from "@nearfield/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { countRows, hasRow, rowsOfParts } from "./bitmap.ts";
import { buildColumns, cellsAt, cellsOf } from "./columns.ts";
import { decodeColumns, encodeColumns } from "./columns/record.ts";
import type { Filter } from "./filter.ts";
import { checkFilter } from "./filter/check.ts";
import { compileFilter } from "./filter/compile.ts";
import { matchParts } from "./filter/match.ts";
import { passes } from "./fixtures/passes.ts";

const select = (rows: readonly Fields[], filter: Filter): boolean[] => {
  const columns = buildColumns(rows.map((fields) => cellsOf({ fields })));
  return Array.from(matchParts(compileFilter(checkFilter(filter)), columns), (flag) => flag === 1);
};

it("takes the rows that a plain reading of the filter takes, also after columns were stored", () => {
  fc.assert(
    fc.property(fc.array(fieldsArbitrary, { maxLength: 40 }), filterArbitrary, (rows, filter) => {
      const expected = rows.map((fields) => passes(fields, filter));
      expect(select(rows, filter)).toEqual(expected);
      const columns = buildColumns(rows.map((fields) => cellsOf({ fields })));
      const stored = decodeColumns(encodeColumns(columns), rows.length);
      expect(stored).toEqual(columns);
      const carried = buildColumns(rows.map((_, part) => cellsAt(stored, part)));
      expect(carried).toEqual(columns);
    }),
    { numRuns: 500, seed: 1 },
  );
}, 60_000);

it("takes the rows of parts that pass and are not deleted", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 9 }))), (parts) => {
      let rows = 0;
      const starts = Uint32Array.from(parts, ([, count]) => (rows += count) - count);
      const among = new Uint8Array(Math.ceil(rows / 8)).fill(0b01010101);
      const flags = Uint8Array.from(parts, ([isPassing]) => (isPassing ? 1 : 0));
      const all = rowsOfParts(flags, starts, rows, undefined);
      const some = rowsOfParts(flags, starts, rows, among);
      const expected = parts.flatMap(([is, count]) => Array.from({ length: count }, () => is));
      expected.forEach((is, row) => {
        expect(hasRow(all, row)).toBe(is);
        expect(hasRow(some, row)).toBe(is && row % 2 === 0);
      });
      expect(countRows(all)).toBe(expected.filter(Boolean).length);
    }),
    { seed: 1 },
  );
});

it("one element of an array has to meet the whole range", () => {
  const rows = [{ year: [1990, 2020] }, { year: [1990, 2005] }, { year: 2005 }, { year: "2005" }];
  expect(select(rows, { year: { gte: 2000, lt: 2010 } })).toEqual([false, true, true, false]);
});

it("a field that a row has not is met by ne, nin and exists: false, and by nothing else", () => {
  const conditions = [
    { eq: null },
    { in: [null] },
    { gte: 0 },
    { lt: "z" },
    { exists: true },
    { ne: 1 },
    { nin: [1, null] },
    { exists: false },
  ] as const;
  const met = conditions.map((year) => select([{ lang: "en" }], { year })[0]);
  expect(met).toEqual([false, false, false, false, false, true, true, true]);
});

it("names of the language itself are fields like others, and what is no field is passed over", () => {
  const payload = { fields: { toString: 1, deep: { a: 1 }, when: new Date(0), mixed: [1, {}] } };
  const columns = buildColumns([cellsOf(payload), cellsOf(null), cellsOf({ fields: "x" })]);
  expect([...columns.byName.keys()]).toEqual(["toString"]);
  expect(select([{ a: 1 }], { toString: { exists: true } } as unknown as Filter)).toEqual([false]);
});

it("a hundred thousand values are looked up one by one, not one after the other", () => {
  const among = Array.from({ length: 100_000 }, (_, at) => `value ${at}`);
  let reads = 0;
  const counted = new Proxy(among, {
    get: (target, key) => (reads++, Reflect.get(target, key) as unknown),
  });
  const rows = Array.from({ length: 4096 }, (_, at) => ({ tag: `value ${at * 50}` }));
  const taken = select(rows, { tag: { in: counted } });
  expect(taken.filter(Boolean)).toHaveLength(2000);
  expect(reads).toBeLessThan(300_000);
});

const stringArbitrary = fc.constantFrom(
  "",
  "a",
  "b",
  "ab",
  "1",
  "true",
  "\ud800",
  "é",
  "constructor",
);
const numberArbitrary = fc.constantFrom(-1, -0, 0, 0.1, 1, 2, 2020, 1e300);
const valueArbitrary = fc.oneof(stringArbitrary, numberArbitrary, fc.boolean(), fc.constant(null));
const elementArbitrary = fc.oneof(stringArbitrary, numberArbitrary, fc.boolean());
const nameArbitrary = fc.constantFrom("a", "b.c", "toString", "hasOwnProperty", "\udc00", "");
const fieldsArbitrary: fc.Arbitrary<Fields> = fc.dictionary(
  nameArbitrary,
  fc.oneof(valueArbitrary, fc.array(elementArbitrary, { maxLength: 3 })),
  { noNullPrototype: true },
);
const orderArbitrary = fc.oneof(stringArbitrary, numberArbitrary);
const conditionArbitrary = fc
  .record(
    {
      eq: valueArbitrary,
      ne: valueArbitrary,
      gt: orderArbitrary,
      gte: orderArbitrary,
      lt: orderArbitrary,
      lte: orderArbitrary,
      in: fc.array(valueArbitrary, { maxLength: 6 }),
      nin: fc.array(valueArbitrary, { maxLength: 4 }),
      exists: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  .filter((condition) => Object.keys(condition).length > 0);
/** Conditions of one or two operators match now and then; those of many hardly ever. */
const simpleArbitrary = conditionArbitrary.map(
  (condition) => Object.fromEntries(Object.entries(condition).slice(0, 2)) as typeof condition,
);
const filterArbitrary: fc.Arbitrary<Filter> = fc.dictionary(
  nameArbitrary,
  fc.oneof(valueArbitrary, simpleArbitrary, conditionArbitrary),
  { maxKeys: 3, noNullPrototype: true },
);
