import { homedir } from "node:os";
import { expect, test } from "vitest";
import { checkPublished } from "./published.mjs";

const check = (code: string): string[] =>
  checkPublished([{ path: "dist/a.js", code }], "/repository/");

test("a CDN's address is found", () => {
  expect(check(`const url = "https://cdn.jsdelivr.net/npm/x/y.wasm";`)).toEqual([
    "dist/a.js:1: names a foreign host",
  ]);
});

test("the public hub may be named once, as a constant, and nowhere else", () => {
  expect(check(`export const PUBLIC_HUB = "https://huggingface.co";`)).toEqual([]);
  expect(check(`const host = "https://huggingface.co";`)).toHaveLength(1);
  expect(check(`fetch("https://huggingface.co/x/resolve/main/y")`)).toHaveLength(1);
});

test("a path of the machine is found", () => {
  expect(check(`\nconst a = "/repository/packages/x.ts";`)).toHaveLength(1);
  expect(check(`const a = "${homedir()}/x";`)).toHaveLength(1);
  expect(check(`const a = "/home/somebody/x";`)).toHaveLength(1);
});

test("addresses of standards and paths of an app pass", () => {
  expect(check(`// https://www.w3.org/TR/IndexedDB/\nconst host = "/models/";`)).toEqual([]);
});
