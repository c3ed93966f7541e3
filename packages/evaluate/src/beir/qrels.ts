import { fault, parseRow, readId, type Line } from "./line.ts";

/** One judgement. */
export interface Qrel {
  readonly line: Line;
  readonly queryId: string;
  readonly documentId: string;
  /** Above 0: relevant, the more the better. Below 0: not judged. */
  readonly relevance: number;
}

const COLUMNS = 3;

/**
 * Reads judgements: three columns with tabs between them (query, document, relevance), the first line their names (BEIR); or JSON
 * objects with `query-id`, `corpus-id`, `score` (MTEB), where the file's name ends in `.jsonl`.
 * @throws RetrievalError `INVALID_DOCUMENT`; `DUPLICATE_ID` where a pair is judged twice
 */
export async function readQrels(lines: AsyncIterable<Line>): Promise<Qrel[]> {
  const qrels: Qrel[] = [];
  const seen = new Set<string>();
  for await (const line of lines) {
    const qrel = line.file.endsWith(".jsonl") ? parseObject(line) : parseColumns(line);
    if (qrel === undefined) continue;
    const pair = `${qrel.queryId}\t${qrel.documentId}`;
    if (seen.has(pair))
      throw fault(line, "a pair is judged twice", { code: "DUPLICATE_ID", value: pair });
    seen.add(pair);
    qrels.push(qrel);
  }
  return qrels;
}

function parseColumns(line: Line): Qrel | undefined {
  const columns = line.text.split("\t").map((column) => column.trim());
  const [queryId, documentId, relevance] = columns;
  if (columns.length !== COLUMNS || !queryId || !documentId || !relevance) {
    throw fault(line, "has not three columns with tabs between them", { value: line.text });
  }
  // The names of the columns; some exports leave them out.
  if (line.number === 1 && Number.isNaN(Number(relevance))) return undefined;
  return { line, queryId, documentId, relevance: checkRelevance(line, relevance) };
}

function parseObject(line: Line): Qrel {
  const row = parseRow(line);
  const queryId = readId(row, ["query-id"]);
  const documentId = readId(row, ["corpus-id"]);
  return { line, queryId, documentId, relevance: checkRelevance(line, row.fields["score"]) };
}

/** trec_eval knows whole numbers only; some exports write them as `1.0`. */
function checkRelevance(line: Line, value: unknown): number {
  const relevance = typeof value === "string" ? Number(value) : value;
  if (Number.isSafeInteger(relevance)) return relevance as number;
  throw fault(line, "the relevance is not a whole number", { value });
}
