import { scannerContract, vectorsOf } from "@nearfield/testing";
import { expect, it } from "vitest";
import { WasmScanner } from "./wasm-scanner.ts";

for (const encoding of ["float32", "int8"] as const)
  scannerContract(
    `WasmScanner of ${encoding} in Node`,
    (dimensions) => new WasmScanner(dimensions, { encoding, module: "simd" }),
  );

it("reads rows from elsewhere when it is told to, and only those that may be among the best", () => {
  const rows = vectorsOf("anisotropic", 3000, 64, 1);
  const query = vectorsOf("gaussian", 1, 64, 2);
  let reads = 0;
  const lean = new WasmScanner(64, {
    module: "simd",
    readRow: (block, row) => {
      expect(block).toBe(id);
      reads++;
      return rows.subarray(row * 64, (row + 1) * 64);
    },
  });
  const full = new WasmScanner(64, { module: "simd" });
  const id = lean.add(rows);
  expect(lean.search(query, 10, [{ block: id }])).toEqual(
    full.search(query, 10, [{ block: full.add(rows) }]),
  );
  expect(reads).toBeLessThan(300);
  expect(full.byteLength - lean.byteLength).toBe(rows.byteLength);
});

it("keeps the very rows it is given where it is told to, and a copy of them otherwise", () => {
  const rows = vectorsOf("gaussian", 100, 64, 1);
  const query = vectorsOf("gaussian", 1, 64, 2);
  const kept = [true, false].map((adopts) => {
    const scanner = new WasmScanner(64, { module: "simd", adopts });
    const given = rows.slice();
    const block = scanner.add(given);
    const before = scanner.search(query, 3, [{ block }]);
    given.fill(0);
    return { before, after: scanner.search(query, 3, [{ block }]) };
  });
  expect(kept[0]!.before).toEqual(kept[1]!.before);
  expect([...kept[0]!.after.scores].every((score) => score === 0)).toBe(true);
  expect(kept[1]!.after).toEqual(kept[1]!.before);
});
