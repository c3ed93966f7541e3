/** A stretch of the flow that stands in one source character for character: `text[start + i]` is `source[from + i]`. */
export interface Piece<Source> {
  readonly start: number;
  end: number;
  readonly source: Source;
  readonly from: number;
}

/** A stretch of one source, `[from, to)`. */
export interface Range<Source> {
  readonly source: Source;
  readonly from: number;
  readonly to: number;
}

/**
 * A text that is put together from many sources (nodes of a page, lines of a PDF) and remembers where each character came
 * from. What is found in the text is marked in the sources with it.
 */
export class Flow<Source> {
  readonly #parts: string[] = [];
  readonly #pieces: Piece<Source>[] = [];
  #length = 0;

  get text(): string {
    return this.#parts.join("");
  }

  get length(): number {
    return this.#length;
  }

  /** Adds characters that no source has: a space, a line break. */
  fill(text: string): void {
    this.#parts.push(text);
    this.#length += text.length;
  }

  /** Adds `text`, which stands in `source` from `from` on. */
  add(source: Source, from: number, text: string): void {
    if (text === "") return;
    const start = this.#length;
    const last = this.#pieces.at(-1);
    const isNext =
      last?.end === start && last.source === source && last.from + start - last.start === from;
    this.fill(text);
    if (last && isNext) last.end = this.#length;
    else this.#pieces.push({ start, end: this.#length, source, from });
  }

  /** Where `[start, end)` of the text stands in the sources, in their order. */
  ranges(start: number, end: number): Range<Source>[] {
    return this.#pieces
      .filter((piece) => piece.end > start && piece.start < end)
      .map((piece) => ({
        source: piece.source,
        from: piece.from + Math.max(0, start - piece.start),
        to: piece.from + Math.min(end, piece.end) - piece.start,
      }));
  }
}
