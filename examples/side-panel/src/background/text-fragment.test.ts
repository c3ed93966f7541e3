import { expect, test } from "vitest";
import { fragmentFor } from "./text-fragment.ts";

const URL = "https://example.org/page";

test("a short line is looked for whole, a long one by its beginning and its end", () => {
  expect(fragmentFor(URL, "The dough rests overnight.")).toBe(
    "#:~:text=The%20dough%20rests%20overnight.",
  );
  const long = "one two three four five six seven eight nine ten eleven twelve thirteen";
  expect(fragmentFor(URL, long)).toBe(
    "#:~:text=one%20two%20three%20four%20five%20six,eight%20nine%20ten%20eleven%20twelve%20thirteen",
  );
});

test("the longest line of a passage is looked for, without what is not in the page", () => {
  expect(fragmentFor(URL, "Guide, Baking\n\nPatience\n\n- - A crust-first, slow loaf")).toBe(
    "#:~:text=A%20crust%2Dfirst%2C%20slow%20loaf",
  );
  expect(fragmentFor(URL, "| a | b |\n|---|---|\n```\n")).toBe("");
});

test("an address that has a place of its own keeps it", () => {
  expect(fragmentFor(`${URL}#/notes`, "Some words")).toBe(":~:text=Some%20words");
});
