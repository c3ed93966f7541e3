import type { PassageSpan } from "@nearfield/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { split, splitLazily, type SplitOptions } from "./split.ts";

const LETTER_TOKENS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu;
const WORD_TOKENS = /[^\s\p{P}]+|\p{P}/gu;

/** Words and marks, and single letters in writing without spaces: near to what tokenizers count, and additive. */
function countTokens(text: string): number {
  const spread = text.replace(LETTER_TOKENS, " x ");
  return spread.match(WORD_TOKENS)?.length ?? 0;
}

function passagesOf(text: string, maxTokens: number, more: Partial<SplitOptions> = {}): string[] {
  const spans = split(text, { countTokens, maxTokens, ...more });
  return spans.map(({ start, end }) => text.slice(start, end));
}

const HANDBOOK = `# Handbook

Welcome to the handbook. It says how we work.

## Refunds

A refund is paid within 14 days. The customer writes to support. Support checks the order and pays.

Steps:
- Open the order in the shop.
- Press the button "Refund".
- Write one line to the customer.

## Code

\`\`\`ts
const a = 1;
const b = 2;

console.log(a + b);
\`\`\`

| day | open |
|-----|------|
| Mon | 9-17 |
| Tue | 9-12 |

Last words
==========
The end. Dr. Smith agrees.
`;

describe("Markdown", () => {
  test("sections, lists, code and tables stay whole where they fit", () => {
    expect(passagesOf(HANDBOOK, 40)).toEqual([
      "# Handbook\n\nWelcome to the handbook. It says how we work.",
      "## Refunds\n\nA refund is paid within 14 days. The customer writes to support. Support checks the order and pays.",
      'Steps:\n- Open the order in the shop.\n- Press the button "Refund".\n- Write one line to the customer.',
      "## Code\n\n```ts\nconst a = 1;\nconst b = 2;\n\nconsole.log(a + b);\n```",
      "| day | open |\n|-----|------|\n| Mon | 9-17 |\n| Tue | 9-12 |",
      "Last words\n==========\nThe end. Dr. Smith agrees.",
    ]);
  });

  test("a passage that is full enough ends before a heading of the first two levels", () => {
    const section = (title: string) => `## ${title}\n\n${"One two three four. ".repeat(6).trim()}`;
    const text = `${section("A")}\n\n${section("B")}`;
    expect(passagesOf(text, 80)).toEqual([section("A"), section("B")]);
  });

  test("short sections share a passage", () => {
    const text = "## A\n\nOne two.\n\n## B\n\nThree four.";
    expect(passagesOf(text, 80)).toEqual([text]);
  });

  test("a heading is never the end of a passage while something follows", () => {
    const text = Array.from({ length: 40 }, (_, i) => `### Part ${i}\n\nSome words.`).join("\n\n");
    for (const passage of passagesOf(text, 12)) expect(passage).toMatch(/Some words\.$/);
  });

  test("a fence that is never closed holds the rest", () => {
    expect(passagesOf("Text.\n\n```\nlet a;\n\n# no heading", 64)).toEqual([
      "Text.\n\n```\nlet a;\n\n# no heading",
    ]);
  });
});

describe("sentences", () => {
  test("English prose is cut at sentence ends, not at titles and initials", () => {
    const text =
      "We met Dr. Brown and J. Smith at noon. They spoke for an hour about the sea. " +
      'Then she asked: "Is it far?" Nobody knew. The boat left at 3.15 p.m. without us.';
    expect(passagesOf(text, 24)).toEqual([
      "We met Dr. Brown and J. Smith at noon.",
      'They spoke for an hour about the sea. Then she asked: "Is it far?"',
      "Nobody knew. The boat left at 3.15 p.m. without us.",
    ]);
  });

  test("line breaks inside a paragraph end no sentence", () => {
    const text =
      "A sentence that was\nwrapped by hand.\r\nAnd another one that\r\nwas wrapped too.";
    expect(passagesOf(text, 12)).toEqual([
      "A sentence that was\nwrapped by hand.",
      "And another one that\r\nwas wrapped too.",
    ]);
  });

  test("Chinese", () => {
    const text =
      "北京是中华人民共和国的首都。它是全国的政治中心、文化中心。人口超过两千万！你去过北京吗？我去过三次，每次都很喜欢。";
    expect(passagesOf(text, 24)).toEqual([
      "北京是中华人民共和国的首都。",
      "它是全国的政治中心、文化中心。",
      "人口超过两千万！你去过北京吗？",
      "我去过三次，每次都很喜欢。",
    ]);
  });

  test("Japanese", () => {
    const text =
      "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。「何だ」と彼は言った。吾輩はここで始めて人間というものを見た。";
    expect(passagesOf(text, 32)).toEqual([
      "吾輩は猫である。名前はまだ無い。",
      "どこで生れたかとんと見当がつかぬ。「何だ」と彼は言った。",
      "吾輩はここで始めて人間というものを見た。",
    ]);
  });

  test("Thai, which has no sentence marks, is cut at spaces and else between words", () => {
    const text =
      "ภาษาไทยเป็นภาษาที่มีระดับเสียงของคำแน่นอนหรือวรรณยุกต์ และออกเสียงแยกคำต่อคำ เป็นที่ลำบากของชาวต่างชาติ";
    const words = new Set<number>([text.length]);
    for (const { index } of new Intl.Segmenter("th", { granularity: "word" }).segment(text)) {
      words.add(index);
    }
    const spans = split(text, { countTokens, maxTokens: 32 });
    expect(spans.length).toBeGreaterThan(2);
    for (const { start, end } of spans) {
      expect(words).toContain(start);
      expect(words).toContain(end);
    }
    expect(passagesOf(text, 32)).toContain("และออกเสียงแยกคำต่อคำ");
  });

  test("a sentence over the budget is cut at a clause, else between words", () => {
    const clauses = "one two three four five six, seven eight nine ten, eleven twelve thirteen";
    expect(passagesOf(clauses, 8)).toEqual([
      "one two three four five six,",
      "seven eight nine ten, eleven twelve thirteen",
    ]);
    const bare = passagesOf("word ".repeat(50), 8);
    expect(bare.join(" ")).toBe("word ".repeat(50).trim());
  });
});

describe("sizes", () => {
  const prose = "The fox ran over the hill. ".repeat(400);

  test("passages of prose are near the target and never above the budget", () => {
    const spans = split(prose, { countTokens, maxTokens: 256 });
    const tokens = spans.map(({ start, end }) => countTokens(prose.slice(start, end)));
    expect(Math.max(...tokens)).toBeLessThanOrEqual(256);
    expect(Math.min(...tokens)).toBeGreaterThan(120);
    expect(tokens.reduce((a, b) => a + b) / tokens.length).toBeCloseTo(160, -1);
  });

  test("a model that takes more does not get longer passages unless asked", () => {
    expect(split(prose, { countTokens, maxTokens: 8192 })).toEqual(
      split(prose, { countTokens, maxTokens: 256 }),
    );
    const longer = split(prose, { countTokens, maxTokens: 8192, targetTokens: 640 });
    expect(longer.length).toBeLessThan(6);
  });

  test("no stump is left at the end", () => {
    for (let sentences = 1; sentences < 120; sentences++) {
      const text = "The fox ran over the hill. ".repeat(sentences);
      const last = passagesOf(text, 128).at(-1) as string;
      expect(countTokens(last)).toBeGreaterThanOrEqual(Math.min(sentences * 7, 40));
    }
  });

  test("tokens are counted piece by piece, about once for each character", () => {
    let calls = 0;
    let units = 0;
    let longest = 0;
    const counting = (text: string) => {
      calls++;
      units += text.length;
      longest = Math.max(longest, text.length);
      return countTokens(text);
    };
    split("a".repeat(1e6), { countTokens: counting, maxTokens: 256 });
    expect(longest).toBeLessThanOrEqual(1024);
    expect(units).toBe(1e6);
    expect(calls).toBeLessThan(1e4);
  });

  test("the whole text is one passage on demand", () => {
    const text = ` \n${prose}`;
    expect(split(text, { countTokens, maxTokens: 8, mode: "none" })).toEqual([
      { start: 2, end: text.trimEnd().length },
    ]);
    expect(split(" \n", { countTokens, maxTokens: 8, mode: "none" })).toEqual([]);
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity])("a budget of %s is refused", (maxTokens) => {
    expect(() => split("text", { countTokens, maxTokens })).toThrow(/INVALID_OPTION/);
  });

  test("a locale that is none is refused", () => {
    expect(() => split("text", { countTokens, maxTokens: 8, locale: "no locale" })).toThrow(
      /INVALID_OPTION/,
    );
  });
});

describe("any text", { timeout: 60_000 }, () => {
  /** What every answer of the splitter must hold. Long texts have thousands of spans: one `expect` for all. */
  function check(text: string, spans: readonly PassageSpan[]) {
    const faults: string[] = [];
    let at = 0;
    for (const { start, end } of spans) {
      if (start < at) faults.push(`${start} lies before ${at}`);
      if (end <= start) faults.push(`${start} to ${end} is empty`);
      if (text.slice(at, start).trim() !== "") faults.push(`text is left out before ${start}`);
      const passage = text.slice(start, end);
      if (passage.trim() !== passage) faults.push(`${start} to ${end} is not trimmed`);
      if (isInsidePair(text, start)) faults.push(`${start} is inside a pair`);
      at = end;
    }
    if (text.slice(at).trim() !== "") faults.push(`text is left out after ${at}`);
    expect(faults).toEqual([]);
  }

  const isInsidePair = (text: string, at: number) =>
    /[\ud800-\udbff]/.test(text[at - 1] ?? "") && /[\udc00-\udfff]/.test(text[at] ?? "");

  const fragments = fc.constantFrom(
    ..."a|b c|. |! |? |。|、|漢字|ひらがな|ภาษา|ไทย|שלום|مرحبا|😀|👩‍👩‍👧|🇩🇪|é|e\u0301|\u0301\u0302".split(
      "|",
    ),
    ..."#|# H|## |### x|- |* |1. |> |~~~|===|---|:--|  ".split("|"),
    "|",
    "| a | b |",
    "|---|---|",
    "```",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\t",
    "\0",
    "\ufeff",
    "\u2028",
    "\u0085",
    "\u200b",
    "\u200d",
    "\ud800",
    "\udc00",
    "Dr. ",
    "https://example.org/a/b?c=d",
  );
  const texts = fc.oneof(
    fc.array(fragments, { maxLength: 120 }).map((parts) => parts.join("")),
    fc.string({ unit: "binary", maxLength: 200 }),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 })
      .map((units) => String.fromCharCode(...units)),
  );
  const budgets = fc.integer({ min: 1, max: 40 });

  test("spans are trimmed, in order, without overlap, and leave out white space only", () => {
    fc.assert(
      fc.property(texts, budgets, (text, maxTokens) => {
        check(text, split(text, { countTokens, maxTokens }));
      }),
      { numRuns: 1000 },
    );
  });

  test("no passage is over the budget, but for a single code point", () => {
    const countUnits = (text: string) => text.length;
    fc.assert(
      fc.property(texts, budgets, (text, maxTokens) => {
        for (const { start, end } of split(text, { countTokens: countUnits, maxTokens })) {
          const passage = text.slice(start, end);
          const ink = passage.replace(/\s/g, "").length;
          expect(ink <= maxTokens || Array.from(passage).length === 1).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("no grapheme cluster that fits is cut", () => {
    const clusters = fc.constantFrom(
      ..."a|é|e\u0301\u0302|😀|👍🏽|👩‍👩‍👧|🇩🇪|🇫🇷|각|नि|กำ|漢|1️⃣|.|, | ".split("|"),
    );
    const joined = fc.array(clusters, { maxLength: 400 }).map((parts) => parts.join(""));
    const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });
    // A budget of 3 units holds no family of emoji (8 units), so it starts above.
    fc.assert(
      fc.property(joined, fc.integer({ min: 12, max: 64 }), (text, maxTokens) => {
        const edges = new Set([text.length, 0]);
        for (const { index } of graphemes.segment(text)) edges.add(index);
        for (const { start, end } of split(text, { countTokens: (t) => t.length, maxTokens })) {
          expect(edges).toContain(start);
          expect(edges).toContain(end);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("lazily and at once give the same spans, each time", () => {
    fc.assert(
      fc.property(texts, budgets, (text, maxTokens) => {
        const options = { countTokens, maxTokens };
        expect([...splitLazily(text, options)]).toEqual(split(text, options));
      }),
    );
  });

  test.each([
    ["white space", " \n\t\ufeff\u3000".repeat(1000), 0],
    ["nothing", "", 0],
    ["1e5 line breaks", "\n".repeat(1e5), 0],
    ["a mark before and after white space", "\ufeff  a\0  ", 1],
  ])("%s", (_, text, count) => {
    const spans = split(text, { countTokens, maxTokens: 16 });
    expect(spans).toHaveLength(count);
    check(text, spans);
  });

  // Each would take minutes if the segmenter, an expression or the packing read the rest of the text at each step.
  test.each([
    ["one line without an end", "a".repeat(1e6)],
    ["words without a sentence", "hello world ".repeat(83_000)],
    ["emoji", "😀".repeat(1e5)],
    ["families of emoji", "👩‍👩‍👧".repeat(2e4)],
    ["flags", "🇩🇪".repeat(5e4)],
    ["a bomb of combining marks", `e${"\u0301".repeat(1e6)}`],
    ["lone surrogates", "\ud800".repeat(2e5)],
    ["lines of one letter", "a\n\n".repeat(5e4)],
    ["fences", "```\n".repeat(5e4)],
    ["table heads", "|-|\n".repeat(5e4)],
    ["a row that never ends", `|a|\n${"|-".repeat(2e5)}`],
    ["hashes", "#".repeat(1e6)],
    ["full stops", ".".repeat(1e6)],
    ["short sentences", "漢。".repeat(1e5)],
    ["Thai without spaces", "ภาษาไทย".repeat(5e4)],
  ])("%s: a long text is split like any other", (_, text) => {
    const countQuarters = (part: string) => Math.ceil(part.length / 4);
    check(text, split(text, { countTokens: countQuarters, maxTokens: 256 }));
  });
});
