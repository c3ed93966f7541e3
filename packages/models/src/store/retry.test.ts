import { RetrievalError } from "@nearfield/core";
import { describe, expect, test } from "vitest";
import { pause, pauseBefore, readRetryAfter } from "./retry.ts";

const error = new RetrievalError("MODEL_UNAVAILABLE", "the server answered 503");
const policy = { tries: 4, firstMs: 100 };

describe("the pause before the next try", () => {
  test("doubles, give or take a quarter, and ends with the tries", () => {
    for (const [tried, middle] of [
      [1, 100],
      [2, 200],
      [3, 400],
    ] as const) {
      const wait = pauseBefore({ error, again: true }, tried, policy) as number;
      expect(wait).toBeGreaterThanOrEqual(middle * 0.75);
      expect(wait).toBeLessThanOrEqual(middle * 1.25);
    }
    expect(pauseBefore({ error, again: true }, 4, policy)).toBeNull();
  });

  test("is the server's where it names one, and there is none where it names more than a minute", () => {
    expect(pauseBefore({ error, again: true, pauseMs: 7_000 }, 1, policy)).toBe(7_000);
    expect(pauseBefore({ error, again: true, pauseMs: 61_000 }, 1, policy)).toBeNull();
  });

  test("does not exist where another try can not help", () => {
    expect(pauseBefore({ error, again: false, pauseMs: 1 }, 1, policy)).toBeNull();
  });
});

test("Retry-After is read as seconds and as a date", () => {
  const now = Date.parse("Wed, 21 Oct 2026 07:28:00 GMT");
  expect(readRetryAfter("12", now)).toBe(12_000);
  expect(readRetryAfter("Wed, 21 Oct 2026 07:28:30 GMT", now)).toBe(30_000);
  expect(readRetryAfter("Wed, 21 Oct 2026 07:00:00 GMT", now)).toBe(0);
  for (const header of [null, "", "soon"]) expect(readRetryAfter(header, now)).toBeUndefined();
});

test("a pause gives signs of life and ends with the caller's signal", async () => {
  let beats = 0;
  await pause(30, undefined, () => beats++);
  expect(beats).toBeGreaterThan(0);
  const leaving = new AbortController();
  const pending = pause(60_000, leaving.signal, () => {});
  leaving.abort();
  await expect(pending).rejects.toMatchObject({ code: "ABORTED" });
});
