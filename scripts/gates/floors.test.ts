import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readSources } from "../sources.mjs";
import { BESIDE, checkFloors, checkManifests, FLOORS } from "./floors.mjs";

const check = (path: string, code: string): string[] => checkFloors([{ path, code }]);

test("an import from a lower floor passes", () => {
  expect(
    check("packages/encoder/src/a.ts", `import { Supervisor } from "@nearfield/link";`),
  ).toEqual([]);
});

test("an import from a higher floor is named with its file, line and rule", () => {
  const code = `\n\nimport { openSearch } from "nearfield";`;
  expect(check("packages/link/src/a.ts", code)).toEqual([
    `packages/link/src/a.ts:3: link (floor 2) may not import nearfield (floor 4): imports go down only ("nearfield")`,
  ]);
});

test.each([
  ["a type import", `import type { A } from "@nearfield/index";`],
  ["an inline type import", `import { type A } from "@nearfield/index";`],
  ["a type in place", `type A = import("@nearfield/index").A;`],
  ["a re-export", `export * from "@nearfield/index";`],
  ["a dynamic import", `await import("@nearfield/index/worker");`],
  ["a URL", `new URL("@nearfield/index/worker", import.meta.url);`],
])("%s from the same floor fails", (_, code) => {
  expect(check("packages/encoder/src/a.ts", code)).toHaveLength(1);
});

test("a relative path into another package fails, as an import and as a URL", () => {
  expect(check("packages/link/src/a.ts", `import "../../core/src/index.ts";`)).toHaveLength(1);
  expect(
    check("packages/link/src/a.ts", `new URL("../../pocket/model/x.bin", import.meta.url);`),
  ).toHaveLength(1);
});

test("a test may read a data file of a package beside the house, but not import from it by a path", () => {
  const path = "packages/encoder/src/fixtures/reference.ts";
  expect(check(path, `new URL("../../../pocket/reference/a.f32", import.meta.url);`)).toEqual([]);
  expect(check(path, `import "../../../pocket/src/card.ts";`)).toHaveLength(1);
});

test("only tests import testing; the packages beside import what the table says", () => {
  const code = `import { vectors } from "@nearfield/testing";`;
  expect(check("packages/scan/src/a.ts", code)).toHaveLength(1);
  expect(check("packages/scan/src/a.test.ts", code)).toEqual([]);
  expect(check("packages/scan/src/a.browser.test.ts", code)).toEqual([]);
  expect(check("packages/pocket/src/a.ts", `import "@nearfield/link";`)).toHaveLength(1);
  expect(check("packages/link/src/a.ts", `import "@nearfield/pocket";`)).toHaveLength(1);
  expect(check("packages/nearfield/src/a.ts", `import "@nearfield/pocket";`)).toEqual([]);
});

test("a test keeps to the floors too", () => {
  expect(check("packages/link/src/a.test.ts", `import "@nearfield/index";`)).toHaveLength(1);
});

test("a package that is on no floor fails, as importer and as imported", () => {
  expect(check("packages/attic/src/a.ts", `export {};`)).toHaveLength(1);
  expect(check("packages/nearfield/src/a.ts", `import "@nearfield/attic";`)).toHaveLength(1);
});

test("a word in a comment or a string is no import", () => {
  expect(
    check("packages/core/src/a.ts", `// import "nearfield";\nconst a = 'from "nearfield"';`),
  ).toEqual([]);
});

test("a manifest may depend only on lower floors", () => {
  const code = JSON.stringify({ dependencies: { "@nearfield/index": "workspace:*" } });
  expect(checkManifests([{ path: "packages/encoder/package.json", code }])).toHaveLength(1);
  expect(checkManifests([{ path: "packages/nearfield/package.json", code }])).toEqual([]);
});

test("the gate reads every package of this workspace", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const names = readSources(root, ["packages"]).map(({ path }) => path.split("/")[1]);
  expect(new Set(names).size).toBeGreaterThan(5);
  for (const name of names) expect(Object.keys({ ...FLOORS, ...BESIDE })).toContain(name);
});
