import { Marks } from "../../../shared/page/marks.ts";
import { readPage } from "../../../shared/page/outline.ts";
import { reveal } from "../../../shared/page/reveal.ts";

/** A page that draws itself is looked through again while it changes, for so long. */
const PATIENCE_MS = 8_000;

/** A page that has not changed for so long is looked through again. */
const QUIET_MS = 250;

/** A line that is shorter may stand in a page many times. */
const LEAST_LINE = 24;

/** Finds a passage in this page as it is now, and marks it until Escape is pressed or another one is shown. */
export class Revealing {
  readonly #marks = new Marks();

  constructor() {
    addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.#marks.clear();
    });
  }

  async reveal(passage: string): Promise<boolean> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const ranges = findRanges(passage);
      const [first] = ranges;
      if (first) {
        this.#marks.show([ranges], 0);
        reveal(first);
        return true;
      }
      const left = until - performance.now();
      if (left <= 0) return false;
      await changed(left);
    }
  }
}

/** The passage word for word; else the longest of its lines that still stands in the page. */
function findRanges(passage: string): readonly Range[] {
  const sections = [...readPage(document.body)].filter((section) => section !== undefined);
  const lines = passage.split("\n").filter((line) => line.length >= LEAST_LINE);
  for (const wanted of [passage, ...lines.toSorted((a, b) => b.length - a.length)]) {
    for (const { map } of sections) {
      const at = map.text.indexOf(wanted);
      const ranges = at < 0 ? [] : map.rangesOf(at, at + wanted.length);
      if (ranges.length > 0) return ranges;
    }
  }
  return [];
}

/** Resolves when the page has changed and rests, or after `mostMs`. */
function changed(mostMs: number): Promise<void> {
  return new Promise((resolve) => {
    let timer = setTimeout(done, mostMs);
    const end = performance.now() + mostMs;
    const observer = new MutationObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(done, Math.min(QUIET_MS, Math.max(0, end - performance.now())));
    });
    observer.observe(document, { subtree: true, childList: true, characterData: true });
    function done(): void {
      observer.disconnect();
      resolve();
    }
  });
}
