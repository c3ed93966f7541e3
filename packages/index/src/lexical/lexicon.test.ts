import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bm25 } from "../fixtures/bm25.ts";
import { Lexicon } from "./lexicon.ts";
import { wordsOf } from "./words.ts";

/** A lexicon of these texts, row 0 first. */
function lexiconOf(...texts: readonly string[]): Lexicon {
  const lexicon = new Lexicon();
  for (const text of texts) lexicon.add(wordsOf(text));
  return lexicon;
}

/** Rows that a query finds, best first. */
function find(lexicon: Lexicon, query: string): number[] {
  const scores = [...lexicon.score(query)];
  const rows = [...scores.keys()].filter((row) => (scores[row] as number) > 0);
  return rows.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
}

describe("Lexicon", () => {
  it("scores as BM25 does, after any sequence of changes", () => {
    const vocabulary = ["tide", "moon", "bread", "dough", "refund", "refunds", "北京", "x"];
    const text = fc
      .array(fc.constantFrom(...vocabulary), { maxLength: 12 })
      .map((words) => words.join(" "));
    const step = fc.oneof(
      { weight: 4, arbitrary: text },
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 200 }) },
    );
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 1200, size: "max" }),
        text,
        (steps, query) => {
          const lexicon = new Lexicon();
          const held = new Map<number, string>();
          for (const one of steps) {
            if (typeof one === "string") held.set(lexicon.add(wordsOf(one)), one);
            else {
              const row = [...held.keys()][one];
              if (row === undefined) continue;
              lexicon.remove(row);
              held.delete(row);
            }
          }
          const words = wordsOf(query);
          const expected = bm25(words, [...held.values()]);
          // The point ends the last word, so that it is no beginning of another.
          const scores = lexicon.score(`${query}.`);
          expect(lexicon.rows).toBe(held.size);
          [...held.keys()].forEach((row, at) =>
            expect(scores[row]).toBeCloseTo(expected[at] as number, 10),
          );
          expect(scores.filter((score) => score !== 0).length).toBe(
            expected.filter((score) => score !== 0).length,
          );
        },
      ),
      { numRuns: 20, seed: 1 },
    );
  });

  it("gives equal rows equal scores whatever was there before them", () => {
    const fresh = lexiconOf("high water at noon", "high water at noon", "low water");
    const used = lexiconOf("water", "noon noon", "high and dry", "low water", "high water at noon");
    for (const row of [0, 1, 2]) used.remove(row);
    used.add(wordsOf("high water at noon"));
    const [a, b] = fresh.score("high water ");
    expect(a).toBe(b);
    expect([...used.score("high water ")].slice(3)).toEqual([fresh.score("high water ")[2], a, a]);
  });

  it("finds English words in all their forms", () => {
    const lexicon = lexiconOf("we refunded the order", "shipping costs", "the ship sails");
    expect(find(lexicon, "refunds ")).toEqual([0]);
    expect(find(lexicon, "refunding ")).toEqual([0]);
    expect(find(lexicon, "ships ")).toEqual([1, 2]);
  });

  it("finds what a question is about, not the words that make it a question", () => {
    const lexicon = lexiconOf("how do you do", "what does it do for you", "tides rise twice a day");
    expect(find(lexicon, "how do tides rise?")).toEqual([2]);
    expect(find(lexicon, "how do you do? ")).toEqual([0, 1]);
  });

  it("takes the last word for a beginning while nothing follows it, and prefers the word itself", () => {
    const lexicon = lexiconOf("the port of Hull", "a portable stove", "Portugal", "apples");
    expect(find(lexicon, "port")[0]).toBe(0);
    expect(find(lexicon, "port")).toHaveLength(3);
    expect(find(lexicon, "port ")).toEqual([0]);
    expect(find(lexicon, "port apples")).toEqual(expect.arrayContaining([0, 3]));
    expect(find(lexicon, "port apples")).toHaveLength(2);
    expect(find(lexicon, "p")).toEqual([]);
  });

  it("finds a word at each letter on the way to it", () => {
    const lexicon = lexiconOf("computing with tides", "bread and butter");
    for (const typed of ["com", "comp", "compu", "comput", "computi", "computin", "computing"]) {
      expect(find(lexicon, typed), typed).toEqual([0]);
    }
  });

  it("forgives a slip in a word that no passage has, and in no other", () => {
    const lexicon = lexiconOf("the computer is refunded", "commuter trains", "received a letter");
    expect(find(lexicon, "computre ")).toEqual([0]);
    expect(find(lexicon, "compter ")).toEqual([0]);
    expect(find(lexicon, "computter ")).toEqual([0]);
    expect(find(lexicon, "commuter ")).toEqual([1]);
    expect(find(lexicon, "recieved ")).toEqual([2]);
    expect(find(lexicon, "lettre ")).toEqual([2]);
    expect(find(lexicon, "teh ")).toEqual([]);
  });

  it("forgets words of removed rows", () => {
    const lexicon = new Lexicon();
    const rows = Array.from({ length: 600 }, (_, at) => lexicon.add([`word${at}`, "common"]));
    for (const row of rows.slice(0, 500)) lexicon.remove(row);
    expect(find(lexicon, "word3")).toEqual([]);
    expect(find(lexicon, "common ")).toHaveLength(100);
    const again = lexicon.add(["word3"]);
    expect(find(lexicon, "word3 ")).toEqual([again]);
  });

  it("finds pairs of characters and longer words of scripts without spaces", () => {
    const lexicon = lexiconOf(
      "北京大学在海淀区",
      "北京的大学很多",
      "東京タワーは高い",
      "ภาษาไทยไม่มีช่องว่าง",
    );
    expect(find(lexicon, "北京大学")).toEqual([0, 1]);
    expect(find(lexicon, "タワー")).toEqual([2]);
    expect(find(lexicon, "ภาษา")).toEqual([3]);
  });

  it("answers nothing for a query of nothing, and for an index of nothing", () => {
    expect(find(lexiconOf("a text"), "?!")).toEqual([]);
    expect(find(lexiconOf("a text"), "the")).toEqual([]);
    expect(find(new Lexicon(), "text")).toEqual([]);
    expect(find(lexiconOf("", "the"), "text")).toEqual([]);
  });

  it("bears words that are names of properties", () => {
    const lexicon = lexiconOf("__proto__ constructor", "toString hasOwnProperty");
    expect(find(lexicon, "constructor ")).toEqual([0]);
    expect(find(lexicon, "tostring ")).toEqual([1]);
    expect(find(lexicon, "constructo")).toEqual([0]);
  });
});
