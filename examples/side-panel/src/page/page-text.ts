import { collapse, readPage } from "../../../shared/page/outline.ts";
import { inTurns } from "../../../shared/page/turns.ts";
import { LAID_OUT, type Reading } from "../../../shared/page/visibility.ts";
import type { PageText, SectionText } from "../shelf/record.ts";

/** What is read of one page at the most, in UTF-16 code units: a long book. What comes after it is left out. */
export const MOST_UNITS = 2_000_000;

/** A title is a line. */
const TITLE_UNITS = 300;

/** The sections of a page, whether it is open or was parsed. Fields, and what is typed into them, are never read. */
export async function pageTextOf(page: Document, reading: Reading = LAID_OUT): Promise<PageText> {
  const sections: SectionText[] = [];
  let units = 0;
  const root = page.body ?? page.documentElement;
  for await (const { title, map } of sectionsOf(root, reading)) {
    const { text } = map;
    units += text.length;
    if (units > MOST_UNITS) break;
    sections.push({ title, text });
  }
  return { title: collapse(page.title).slice(0, TITLE_UNITS), sections };
}

/** A page that is seen goes first; nobody waits for one in the background. */
function sectionsOf(root: Element, reading: Reading) {
  const steps = readPage(root, undefined, reading);
  if (document.hidden || root.ownerDocument !== document) return withoutPauses(steps);
  return inTurns(steps, new AbortController().signal);
}

async function* withoutPauses<T>(steps: Iterable<T | undefined>): AsyncGenerator<T, void> {
  for (const step of steps) if (step !== undefined) yield step;
}
