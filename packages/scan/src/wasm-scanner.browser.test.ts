import { dot, type ScanHits } from "@nearfield/core";
import { RUN_ALL, scannerContract, seededRandom, vectorsOf } from "@nearfield/testing";
import { expect, it } from "vitest";
import { CompactScanner } from "./compact-scanner.ts";
import { createScanner } from "./create-scanner.ts";
import { TypeScriptScanner } from "./typescript-scanner.ts";
import { WasmScanner } from "./wasm-scanner.ts";

// The relaxed module is tested here alone: the engine of Node 20 does not take it.
const VARIANTS = [
  { encoding: "float32", module: "simd" },
  { encoding: "int8", module: "simd" },
  { encoding: "int8", module: "relaxed" },
] as const;

for (const options of VARIANTS)
  scannerContract(
    `WasmScanner of ${options.encoding}, module ${options.module}, in Chromium`,
    (dimensions) => new WasmScanner(dimensions, options),
  );

scannerContract(
  "CompactScanner that may miss nothing, module relaxed, in Chromium",
  (dimensions) => new CompactScanner(dimensions, { recall: 1, module: "relaxed" }),
);

it("gives the same compact answers with both modules", async () => {
  const rows = vectorsOf("anisotropic", 5000, 100, 1);
  const [one, other] = (["simd", "relaxed"] as const).map(
    (module) => new CompactScanner(100, { memoryBytes: 0, module }),
  ) as [CompactScanner, CompactScanner];
  const [a, b] = [one.add(rows), other.add(rows)];
  for (let i = 0; i < 50; i++) {
    const query = vectorsOf("gaussian", 1, 100, i);
    const [found, expected] = await Promise.all([
      other.search(query, 20, [{ block: b }]),
      one.search(query, 20, [{ block: a }]),
    ]);
    expect(found).toEqual(expected);
  }
});

it("takes relaxed SIMD in Chromium", () => {
  expect(createScanner(8).kind).toBe("wasm-relaxed-simd");
});

// 32 dimensions take seconds, 384 a minute.
it.each(RUN_ALL ? [32, 384] : [32])(
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
    const scanners = VARIANTS.map((options) => new WasmScanner(dimensions, options));
    const halves = [rows.subarray(0, 12_345 * dimensions), rows.subarray(12_345 * dimensions)];
    const targetsOf = (s: TypeScriptScanner | WasmScanner) =>
      halves.map((half) => ({ block: s.add(half) }));
    const expected = targetsOf(oracle);
    const asked = scanners.map(targetsOf);

    let ties = 0;
    for (let i = 0; i < 1000; i++) {
      const at = integer(20_000) * dimensions;
      const noise = i % 3 === 0 ? 0 : 0.05;
      const query = rows.slice(at, at + dimensions).map((x) => x + normal() * noise);
      const limit = 1 + integer(20);
      const truth = oracle.search(query, limit, expected);
      for (const [which, scanner] of scanners.entries()) {
        const hits = scanner.search(query, limit, asked[which] ?? []);
        if (!isSame(hits, truth)) expect(hits, `query ${i}`).toEqual(truth);
      }
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

/** By hand: a matcher takes longer than the search. */
function isSame(a: ScanHits, b: ScanHits): boolean {
  return (
    a.rows.length === b.rows.length &&
    a.rows.every((row, i) => row === b.rows[i]) &&
    a.targets.every((target, i) => target === b.targets[i]) &&
    a.scores.every((score, i) => Object.is(score, b.scores[i]))
  );
}
