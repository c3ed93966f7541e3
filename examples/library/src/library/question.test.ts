import { expect, it } from "vitest";
import { recordOf, type FileRecord } from "../shelf/record.ts";
import { EVERYTHING, filterOf, isInScope, type Scope } from "./question.ts";

const NOW = new Date(2026, 10, 21, 12).getTime();
const day = (month: number, date: number): number => new Date(2026, month - 1, date, 9).getTime();

const records: FileRecord[] = [
  { ...recordOf("a.pdf"), modified: day(11, 20), collections: ["Work"] },
  { ...recordOf("b.md"), modified: day(11, 1), collections: ["Work", "Home"] },
  { ...recordOf("c.md"), modified: day(3, 3) },
];
const chosen = (scope: Partial<Scope>): string =>
  records
    .filter((record) => isInScope(record, { ...EVERYTHING, ...scope }, NOW))
    .map(({ id }) => id)
    .join(" ");
const filter = (scope: Partial<Scope>) => filterOf({ ...EVERYTHING, ...scope }, records, NOW);

it("asks for no filter where everything is wanted", () => {
  expect(filter({})).toBeUndefined();
  expect(filter({ span: "custom" })).toBeUndefined();
  expect(chosen({})).toBe("a.pdf b.md c.md");
});

it("chooses by kind, by collection and by both", () => {
  expect(filter({ kind: "markdown" })).toEqual({ kind: "markdown" });
  expect(filter({ collection: "Work" })).toEqual({ id: { in: ["a.pdf", "b.md"] } });
  expect(filter({ collection: "Nobody's" })).toEqual({ id: { in: [] } });
  expect(chosen({ kind: "markdown", collection: "Work" })).toBe("b.md");
});

it("chooses by date: a span back from now, or whole days with both ends included", () => {
  expect(chosen({ span: "week" })).toBe("a.pdf");
  expect(chosen({ span: "month" })).toBe("a.pdf b.md");
  expect(chosen({ span: "custom", from: "2026-03-03", to: "2026-11-01" })).toBe("b.md c.md");
  expect(chosen({ span: "custom", to: "2026-03-02" })).toBe("");
  expect(filter({ span: "custom", from: "2026-11-01" })).toEqual({
    modified: { gte: new Date(2026, 10, 1).getTime() },
  });
});
