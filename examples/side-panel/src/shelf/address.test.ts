import { expect, test } from "vitest";
import { pageKey, siteOf } from "./address.ts";

test.each([
  ["https://example.org/a?b=1#c", "https://example.org/a?b=1"],
  ["https://example.org", "https://example.org/"],
  ["https://me:secret@example.org/a", "https://example.org/a"],
  ["https://app.example.org/#/notes/7", "https://app.example.org/#/notes/7"],
  ["https://app.example.org/#!notes", "https://app.example.org/#!notes"],
  ["chrome://settings/", undefined],
  ["chrome-extension://abc/panel.html", undefined],
  ["file:///home/me/a.html", undefined],
  ["javascript:alert(1)", undefined],
  ["not an address", undefined],
])("%s is named %s", (address, key) => {
  expect(pageKey(address)).toBe(key);
});

test("a site is called as a person would call it", () => {
  expect(siteOf("https://www.example.org:8080/a")).toBe("example.org:8080");
});
