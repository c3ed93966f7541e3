import { expect, test } from "vitest";
import { referencesOf, renameReferences } from "./references.mjs";

const specifiers = (code: string, file = "a.ts"): string[] =>
  referencesOf(file, code).map(({ specifier }) => specifier);

test("every way to name a module is found", () => {
  expect(
    specifiers(`
      import a from "1"; import type { B } from "2"; export * from "3"; export { c } from "4";
      import "5"; await import("6"); type D = import("7").D; import e = require("8");
      new Worker(new URL("./9.ts", import.meta.url), { type: "module" });
    `),
  ).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "./9.ts"]);
});

test("a URL that is relative to something else names no file", () => {
  expect(specifiers(`new URL("./a.ts", location.href); new URL(name, import.meta.url);`)).toEqual(
    [],
  );
});

test("lines are counted from one", () => {
  expect(referencesOf("a.ts", `\n\nimport "x";`)).toMatchObject([{ line: 3 }]);
});

test("renaming changes specifiers and nothing else", () => {
  const code = `// from "@a/b"\nimport { x } from "@a/b";\nconst y = '@a/b'; // import "@a/b"\nexport * from './c.js';\n`;
  const renamed = renameReferences("a.js", code, ({ specifier }) =>
    specifier === "@a/b" ? "../b/index.js" : undefined,
  );
  expect(renamed).toBe(code.replace(`{ x } from "@a/b"`, `{ x } from "../b/index.js"`));
});

test("a file that can not be parsed is named", () => {
  expect(() => referencesOf("broken.ts", "import {")).toThrow(/broken\.ts/);
});
