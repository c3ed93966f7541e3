import { describe, expect, it } from "vitest";
import { endsInWord, wordsOf } from "./words.ts";

describe("wordsOf", () => {
  it.each([
    ["Refunds, and REFUNDS!", "refunds refunds"],
    ["Café naïve Ångström", "cafe naive angstrom"],
    ["The cat isn’t O'Brien's", "cat isn o brien"],
    ["ERR_TIMED_OUT v1.22 A4-B", "err timed out v1 22 a4 b"],
    ["ﬁle №５", "file no5"],
    ["İstanbul STRASSE Straße", "istanbul strasse straße"],
    ["русский ёлка", "русскии елка"],
    ["हिन्दी भाषा", "हिन्दी भाषा"],
  ])("folds and divides %j", (text, words) => {
    expect(wordsOf(text).join(" ")).toBe(words);
  });

  it("leaves out English words that say nothing", () => {
    expect(wordsOf("this is not the end of it")).toEqual(["end"]);
    expect(wordsOf("To be, or not to be?")).toEqual([]);
  });

  it("gives pairs of characters where a script has no spaces, and longer words besides", () => {
    expect(wordsOf("北京大学")).toEqual(expect.arrayContaining(["北京", "京大", "大学"]));
    expect(wordsOf("パソコンの電源")).toEqual(
      expect.arrayContaining(["パソ", "ソコ", "電源", "パソコン"]),
    );
    expect(wordsOf("ภาษาไทย")).toEqual(expect.arrayContaining(["ภา", "ไท", "ภาษา"]));
    expect(wordsOf("대한민국")).toEqual(expect.arrayContaining(["대한", "한민", "민국"]));
    expect(wordsOf("我")).toEqual(["我"]);
  });

  it("divides a word where the script changes", () => {
    expect(wordsOf("使用WebGPU加速")).toEqual(["使用", "webgpu", "加速"]);
  });

  it("does not take kana and hangul apart", () => {
    expect(wordsOf("がぎ")).toEqual(["がぎ"]);
    expect(wordsOf("가나")).toEqual(["가나"]);
  });

  it("cuts what is too long to be a word, and bears anything", () => {
    expect(wordsOf("x".repeat(1000))).toEqual(["x".repeat(64)]);
    expect(wordsOf("\ud800 \udc00 \u0000 \u200d 🎉")).toEqual([]);
    expect(wordsOf("")).toEqual([]);
  });
});

describe("endsInWord", () => {
  it("tells a word that may go on from one that is finished", () => {
    expect(["refun", "refund ", "refund?", "退款", ""].map(endsInWord)).toEqual([
      true,
      false,
      false,
      true,
      false,
    ]);
  });
});
