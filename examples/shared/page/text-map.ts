/** A stretch of the text that comes from one text node of the page. */
interface Piece {
  /** Where it begins in the text, in UTF-16 code units. */
  readonly start: number;
  readonly length: number;
  readonly node: Text;
  /** Where it begins in the node. */
  readonly from: number;
}

/**
 * A text, and for each of its units the place in the page that it came from. Units that a page does not have (line breaks
 * between blocks, marks of code and tables) belong to no place.
 */
export class TextMap {
  readonly #pieces: Piece[] = [];
  readonly #parts: string[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get text(): string {
    return this.#parts.join("");
  }

  /** Adds what a reader sees of `[from, to)` of `node`. Unit for unit, so that offsets stay those of the node. */
  addNode(node: Text, keepsLines: boolean, from: number, to: number): void {
    this.#pieces.push({ start: this.#length, length: to - from, node, from });
    const text = node.data.slice(from, to);
    this.#add(keepsLines ? text : text.replace(/[\t\n\f\r]/g, " "));
  }

  /** Adds units that stand nowhere in the page. */
  addMark(mark: string): void {
    this.#add(mark);
  }

  /**
   * The place of `[start, end)` in the page: one range, or several where it goes in and out of shadow trees, which no range can. Empty
   * where the nodes have left the page since, or nothing of it came from there.
   */
  rangesOf(start: number, end: number): Range[] {
    const runs: Piece[][] = [];
    for (const piece of this.#piecesOf(start, end)) {
      const run = runs.at(-1);
      if (run?.[0]?.node.getRootNode() === piece.node.getRootNode()) run.push(piece);
      else runs.push([piece]);
    }
    return runs.flatMap((run) => rangeOf(run, start, end) ?? []);
  }

  /** What the page itself says in `[start, end)`, in one line. */
  textOf(start: number, end: number): string {
    let text = "";
    let at = start;
    for (const piece of this.#piecesOf(start, end)) {
      const [from, to] = [
        Math.max(0, start - piece.start),
        Math.min(piece.length, end - piece.start),
      ];
      if (piece.start > at) text += " ";
      text += piece.node.data.slice(piece.from + from, piece.from + to);
      at = piece.start + piece.length;
    }
    return text.replace(/\s+/g, " ").trim();
  }

  #piecesOf(start: number, end: number): readonly Piece[] {
    return this.#pieces.filter(
      (piece) => piece.start < end && piece.start + piece.length > start && piece.node.isConnected,
    );
  }

  #add(part: string): void {
    this.#parts.push(part);
    this.#length += part.length;
  }
}

function rangeOf(run: readonly Piece[], start: number, end: number): Range | undefined {
  const [first, last] = [run[0], run.at(-1)];
  if (!first || !last) return undefined;
  // A text that has become shorter meanwhile is read again soon; until then its end stands for the place.
  const within = ({ node, from, length }: Piece, at: number) =>
    Math.min(node.length, from + Math.min(length, Math.max(0, at)));
  const range = document.createRange();
  range.setStart(first.node, within(first, start - first.start));
  range.setEnd(last.node, within(last, end - last.start));
  return range.collapsed ? undefined : range;
}
