import type { Kind } from "./kind.ts";

/** White space of more than 256 units ends a passage in Nearfield: no passage may begin on one page and end on the next. */
const GAP = "\n".repeat(256);

/**
 * Between the pages of a PDF and the chapters of a book. It is white space to everything that reads a text, and it tells which
 * page an offset is on, wherever that text has been meanwhile.
 */
export const SECTION_BREAK: string = `\n\f${GAP}`;

/** The sections as one text. A break within one would be a section too many. */
export function joinSections(sections: readonly string[]): string {
  return sections.map((section) => section.replaceAll("\f", " ")).join(SECTION_BREAK);
}

/** Which section (from 0) an offset is in, and where it is there. */
export function sectionAt(text: string, offset: number): { section: number; start: number } {
  let section = 0;
  let start = 0;
  for (;;) {
    const at = text.indexOf(SECTION_BREAK, start);
    if (at < 0 || at >= offset) return { section, start };
    section++;
    start = at + SECTION_BREAK.length;
  }
}

/** What the sections of a kind are called; undefined for what has none. */
export function sectionName(kind: Kind | undefined, section: number): string | undefined {
  if (kind === "pdf") return `page ${section + 1}`;
  return kind === "epub" ? `part ${section + 1}` : undefined;
}
