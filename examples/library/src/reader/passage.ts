import { make } from "../../../shared/element.ts";
import type { Flow, Range } from "../read/flow.ts";

/** What was found, within one section of a document. */
export interface Passage {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Where a passage stands in what is shown. Undefined where it is not there: the file has changed since it was read. */
export function locate<Source>(
  flow: Flow<Source>,
  { text, start, end }: Passage,
): readonly Range<Source>[] | undefined {
  const shown = flow.text;
  if (shown.slice(start, end) === text) return flow.ranges(start, end);
  const at = shown.indexOf(text);
  return at < 0 ? undefined : flow.ranges(at, at + text.length);
}

/** Marks ranges of text nodes; gives the first mark. */
export function markNodes(ranges: readonly Range<Text>[]): HTMLElement | undefined {
  let first: HTMLElement | undefined;
  for (const { source, from, to } of joinWords(ranges).toReversed()) {
    // The later ones first, so that the offsets of the earlier ones hold.
    const tail = source.splitText(from);
    tail.splitText(to - from);
    const mark = make("mark", {});
    tail.replaceWith(mark);
    mark.append(tail);
    first = mark;
  }
  return first;
}

/** Words with nothing but white space between them are marked as one. */
function joinWords(ranges: readonly Range<Text>[]): Range<Text>[] {
  const joined: Range<Text>[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    const isNext =
      last?.source === range.source && range.source.data.slice(last.to, range.from).trim() === "";
    if (isNext) joined[joined.length - 1] = { ...last, to: range.to };
    else joined.push(range);
  }
  return joined;
}
