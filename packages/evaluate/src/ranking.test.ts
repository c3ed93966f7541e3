import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bestPassages, compareBytes, rank } from "./ranking.ts";

const scored = (entries: Record<string, number>) =>
  Object.entries(entries).map(([id, score]) => ({ id, score }));

describe("the order in which documents are judged", () => {
  test("is by score, best first, whatever order they come in", () => {
    expect(rank(scored({ a: 0.1, b: 0.9, c: 0.5 }), "trec_eval")).toEqual(["b", "c", "a"]);
  });

  test("has the greater id first among equal scores where trec_eval's rule is asked for", () => {
    expect(rank(scored({ a: 0.5, c: 0.5, b: 0.5, z: 0.4 }), "trec_eval")).toEqual([
      "c",
      "b",
      "a",
      "z",
    ]);
    expect(rank(scored({ d9: 1, d10: 1 }), "trec_eval")).toEqual(["d9", "d10"]);
  });

  test("has the smaller id first where Nearfield's own rule is asked for", () => {
    expect(rank(scored({ c: 0.5, a: 0.5, b: 0.5 }), "id")).toEqual(["a", "b", "c"]);
  });

  test("leaves what it was given as it was", () => {
    const documents = scored({ a: 0.1, b: 0.9 });
    rank(documents, "trec_eval");
    expect(documents.map(({ id }) => id)).toEqual(["a", "b"]);
  });

  test("compares ids by the bytes of their UTF-8", () => {
    const encoder = new TextEncoder();
    const byBytes = (a: string, b: string) => {
      const [one, other] = [encoder.encode(a), encoder.encode(b)];
      const at = one.findIndex((byte, i) => byte !== other[i]);
      return at < 0 ? one.length - other.length : (one[at] ?? 0) - (other[at] ?? -1);
    };
    // As code units the emoji is the smaller one.
    expect(Math.sign(compareBytes("\u{1f600}", "\ufb01"))).toBe(1);
    const character = fc.constantFrom(
      "a",
      "b",
      "\u00e9",
      "\ud7ff",
      "\ue000",
      "\ufb01",
      "\u{1f600}",
    );
    const id = fc.array(character, { maxLength: 4 }).map((characters) => characters.join(""));
    fc.assert(
      fc.property(id, id, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(byBytes(a, b)));
      }),
    );
  });
});

describe("documents of passages", () => {
  test("have the score of their best passage, once each", () => {
    const passages = [
      { id: "a", score: 0.9 },
      { id: "b", score: 0.8 },
      { id: "a", score: 0.95 },
      { id: "b", score: -0.2 },
    ];
    expect(bestPassages(passages)).toEqual([
      { id: "a", score: 0.95 },
      { id: "b", score: 0.8 },
    ]);
  });

  test("may all have negative scores", () => {
    expect(bestPassages([{ id: "a", score: -0.5 }])).toEqual([{ id: "a", score: -0.5 }]);
  });
});
