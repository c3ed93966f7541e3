import { Flow } from "./flow.ts";

/** A line, or a part of one, as pdf.js gives it. */
export interface PdfItem {
  readonly str: string;
  readonly hasEOL: boolean;
  /** The last two numbers are its place on the page, from the lower left. */
  readonly transform: readonly number[];
  readonly height: number;
}

/** Lines further apart than so many of their heights belong to two paragraphs. */
const PARAGRAPH_GAP = 1.7;

/**
 * The text of a page: lines become sentences again, words that were divided at the end of a line are put together, and where a gap
 * is, a paragraph ends. The source of each character is the number of its item.
 */
export function readItems(items: readonly PdfItem[]): Flow<number> {
  const flow = new Flow<number>();
  let before: PdfItem | undefined;
  let gap = "";
  for (const [at, item] of items.entries()) {
    const { str } = item;
    if (str.trim() === "") {
      if (str !== "" && gap === "") gap = " ";
      if (item.hasEOL && before) gap = gap === "" ? " " : gap;
      continue;
    }
    if (before) {
      const isApart = isParagraph(before, item);
      const divided = gap === " " && before.hasEOL && !isApart && isDivided(before.str, str);
      // The hyphen stays: with it the word is still found by its halves, and no offset has to be mended.
      if (!divided) flow.fill(isApart ? "\n\n" : gap);
    }
    flow.add(at, 0, str.replaceAll("\f", " "));
    before = item;
    gap = item.hasEOL ? " " : "";
  }
  return flow;
}

function isParagraph(before: PdfItem, item: PdfItem): boolean {
  const [, , , , , y = 0] = item.transform;
  const [, , , , , above = 0] = before.transform;
  const height = Math.max(item.height, before.height);
  return height > 0 && Math.abs(above - y) > height * PARAGRAPH_GAP;
}

function isDivided(before: string, after: string): boolean {
  return /\p{L}-$/u.test(before) && /^\p{Ll}/u.test(after);
}
