import { expect, test } from "vitest";
import { loadPart } from "./part.ts";

test("a part that loads is given as it is", async () => {
  const part = { answer: 42 };
  expect(await loadPart(async () => part)).toBe(part);
});

test("a part that can not be fetched is an error with a code, and can be asked for again", async () => {
  const missing = new TypeError("Failed to fetch dynamically imported module: /part.js");
  let isOnline = false;
  const load = async () => {
    if (!isOnline) throw missing;
    return "part";
  };
  await expect(loadPart(load)).rejects.toMatchObject({
    code: "CODE_UNAVAILABLE",
    value: missing.message,
    cause: missing,
  });
  isOnline = true;
  expect(await loadPart(load)).toBe("part");
});

test("a server that goes silent keeps nobody waiting for ever", async () => {
  const hanging = loadPart(() => new Promise<never>(() => {}), 1);
  await expect(hanging).rejects.toMatchObject({ code: "CODE_UNAVAILABLE" });
});
