import { expect, it } from "vitest";
import { joinSections, sectionAt, sectionName, SECTION_BREAK } from "./section.ts";

it("tells of each offset which page it is on, and where that page begins", () => {
  const pages = ["first", "", "a third\fone"];
  const text = joinSections(pages);
  expect(text.split(SECTION_BREAK)).toEqual(["first", "", "a third one"]);
  expect(sectionAt(text, 2)).toEqual({ section: 0, start: 0 });
  const at = text.indexOf("third");
  const { section, start } = sectionAt(text, at);
  expect([section, text.slice(start, start + 7)]).toEqual([2, "a third"]);
});

it("calls them by what they are", () => {
  expect(sectionName("pdf", 0)).toBe("page 1");
  expect(sectionName("epub", 4)).toBe("part 5");
  expect(sectionName("text", 4)).toBeUndefined();
});
