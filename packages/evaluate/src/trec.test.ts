import { expect, test } from "vitest";
import { formatRun } from "./trec.ts";

test("a run has six columns, and scores with all their digits", () => {
  const documents = [
    { id: "d1", score: 1 / 3 },
    { id: "d2", score: -0.5 },
  ];
  expect(formatRun("q1", documents, "mine")).toBe(
    "q1 Q0 d1 1 0.3333333333333333 mine\nq1 Q0 d2 2 -0.5 mine\n",
  );
});

test.each([
  ["a query", "q 1", "d1"],
  ["a document", "q1", "d\t1"],
])("white space in the id of %s is refused, since columns would move", (_, query, document) => {
  expect(() => formatRun(query, [{ id: document, score: 1 }], "mine")).toThrow(/INVALID_OPTION/);
});
