import { dot } from "@nearfield/core";
import { scannerContract, seededRandom, vectorsOf } from "@nearfield/testing";
import { expect, it } from "vitest";
import { createScanner } from "./create-scanner.ts";
import { TypeScriptScanner } from "./typescript-scanner.ts";
import { WasmScanner } from "./wasm-scanner.ts";

scannerContract("WasmScanner in Chromium", (dimensions) => new WasmScanner(dimensions));

it("is what Chromium gets", () => {
  expect(createScanner(8).kind).toBe("wasm-simd");
});

/** "1" where the long runs are wanted too. */
const testAll = (import.meta as { env?: Record<string, string> }).env?.["NEARFIELD_TEST_ALL"];

// 64 dimensions take seconds, 384 a minute on a slow machine.
it.each(testAll ? [64, 384] : [64])(
  "agrees with the oracle on 1,000 queries over 20,000 rows of %d dimensions, ties and duplicates included",
  { timeout: 600_000 },
  (dimensions) => {
    const rows = vectorsOf("anisotropic", 20_000, dimensions, 1);
    const { integer, normal } = seededRandom(2);
    const copy = (from: number, to: number): void => {
      rows.copyWithin(to * dimensions, from * dimensions, (from + 1) * dimensions);
    };
    for (let i = 0; i < 3000; i++) copy(integer(500), integer(20_000));

    const oracle = new TypeScriptScanner(dimensions);
    const scanner = new WasmScanner(dimensions);
    const halves = [rows.subarray(0, 12_345 * dimensions), rows.subarray(12_345 * dimensions)];
    const targetsOf = (s: TypeScriptScanner | WasmScanner) =>
      halves.map((half) => ({ block: s.add(half) }));
    const [asked, expected] = [targetsOf(scanner), targetsOf(oracle)];

    let ties = 0;
    for (let i = 0; i < 1000; i++) {
      const at = integer(20_000) * dimensions;
      const noise = i % 3 === 0 ? 0 : 0.05;
      const query = rows.slice(at, at + dimensions).map((x) => x + normal() * noise);
      const limit = 1 + integer(20);
      const hits = scanner.search(query, limit, asked);
      const truth = oracle.search(query, limit, expected);
      // Compared by hand: a matcher takes longer than the search.
      const same =
        hits.rows.length === truth.rows.length &&
        truth.rows.every((row, j) => row === hits.rows[j]) &&
        truth.targets.every((target, j) => target === hits.targets[j]) &&
        truth.scores.every((score, j) => Object.is(score, hits.scores[j]));
      if (!same) expect(hits, `query ${i}`).toEqual(truth);
      if (truth.rows.length > limit) ties++;
    }
    expect(ties).toBeGreaterThan(0);
    // The oracle itself: its best score is the score of the row that it names.
    const query = rows.slice(0, dimensions);
    const { targets, rows: found, scores } = oracle.search(query, 1, expected);
    const best = (halves[targets[0] as number] as Float32Array).subarray(
      (found[0] as number) * dimensions,
      ((found[0] as number) + 1) * dimensions,
    );
    expect(scores[0]).toBe(dot(best, query));
  },
);
