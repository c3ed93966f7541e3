import type { RepositoryCard } from "@nearfield/core";
import { describe, expect, test } from "vitest";
import { findCard } from "./cards.ts";
import { checkDimensions } from "./dimensions.ts";

const card = { ...(findCard("all-minilm") as RepositoryCard), dimensions: 8 };

describe("the length of vectors", () => {
  test("is the model's own where nothing is asked for", () => {
    expect(checkDimensions(card)).toBe(8);
  });

  test("may be one of the list or lie in the range, and nothing else", () => {
    const both = { ...card, matryoshka: [6], matryoshkaRange: { min: 2, max: 4 } };
    for (const length of [8, 6, 4, 3, 2]) expect(checkDimensions(both, length)).toBe(length);
    for (const length of [0, 1, 2.5, 5, 7, 9, Number.NaN]) {
      expect(() => checkDimensions(both, length)).toThrow(
        /^INVALID_OPTION.*Choose one of 8, 6, any from 2 to 4\.$/,
      );
    }
  });

  test("can not be cut where the model was not trained for it, and the error says so", () => {
    expect(() => checkDimensions(card, 4)).toThrow(/^INVALID_OPTION.*Leave it at 8\.$/);
  });
});
