import type { CorpusDocument } from "../dataset.ts";
import { fault, parseRow, readId, readText, type Line } from "./line.ts";

export interface Corpus {
  /** Documents that say something. */
  readonly documents: readonly CorpusDocument[];
  /** Ids of all documents, also of those without a word. */
  readonly ids: ReadonlySet<string>;
}

/**
 * Reads a corpus, one JSON object in a line: `_id`, `title`, `text` (BEIR); `id` (MTEB); `id`, `content` (BRIGHT). Further
 * fields are passed over. White space around title and text is taken off.
 * @throws RetrievalError `INVALID_DOCUMENT`, `DUPLICATE_ID`
 */
export async function readCorpus(lines: AsyncIterable<Line>): Promise<Corpus> {
  const ids = new Set<string>();
  const documents: CorpusDocument[] = [];
  for await (const line of lines) {
    const row = parseRow(line);
    const id = readId(row, ["_id", "id"]);
    if (ids.has(id)) throw fault(line, "an id comes twice", { code: "DUPLICATE_ID", value: id });
    ids.add(id);
    const title = readText(row, ["title"]);
    const text = readText(row, ["text", "content"]);
    if (title !== "" || text !== "") documents.push({ id, title, text });
  }
  return { documents, ids };
}
