import { resolve } from "node:path";
import { expect, test } from "vitest";
import { readOptions, USAGE } from "./options.ts";

const base = resolve("/somewhere");
const read = (...args: string[]) => readOptions(args, base, resolve("/cache"));

test("a folder is enough, and the defaults reproduce published tables", () => {
  expect(read("data/xquad-en/")).toMatchObject({
    folder: resolve("/somewhere/data/xquad-en"),
    name: "xquad-en",
    model: "pocket",
    mode: "vectors",
    device: "auto",
    ties: "trec_eval",
    dimensions: undefined,
    cache: resolve("/cache"),
    fresh: false,
  });
});

test("paths are relative to where the command was typed, and a host is no path", () => {
  const options = read("d", "--out", "a.json", "--run", "/b.trec", "--models", "models");
  expect(options.out).toBe(resolve("/somewhere/a.json"));
  expect(options.run).toBe(resolve("/b.trec"));
  expect(options.models).toBe(resolve("/somewhere/models"));
  expect(read("d", "--models", "https://host/x/").models).toBe("https://host/x/");
});

test.each([
  ["no folder", []],
  ["two folders", ["a", "b"]],
  ["an unknown option", ["a", "--modle", "pocket"]],
  ["an option without its value", ["a", "--model"]],
  ["an unknown mode", ["a", "--mode", "passages"]],
  ["an unknown device", ["a", "--device", "gpu"]],
  ["an unknown rule for ties", ["a", "--ties", "random"]],
  ["dimensions that are no number", ["a", "--dimensions", "small"]],
  ["no dimensions", ["a", "--dimensions", "0"]],
  ["half a document", ["a", "--batch", "0.5"]],
  ["more documents than memory has room for", ["a", "--batch", "1000000"]],
])("%s is refused with a hint", (_, args) => {
  expect(() => read(...args)).toThrow(/INVALID_OPTION.*--help/s);
});

test("the help names every option", () => {
  const known = Object.keys(read("a"))
    .filter((key) => !["folder", "name"].includes(key))
    .map((key) => `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  for (const option of known) expect(USAGE).toContain(`${option} `);
});
