import { fault, parseRow, readId, readIds, readText, type Line } from "./line.ts";

/** A line of the queries, not yet joined with its judgements. */
export interface QueryRow {
  readonly line: Line;
  readonly id: string;
  readonly text: string;
  readonly instruction: string | undefined;
  readonly excluded: readonly string[];
  /** Relevant documents that stand beside the query (BRIGHT), by the name of their field. */
  readonly gold: Readonly<Record<GoldField, readonly string[]>>;
}

/** BRIGHT has its judgements in the queries: for the split documents and for the long ones. */
export const GOLD_FIELDS = ["gold_ids", "gold_ids_long"] as const;

export type GoldField = (typeof GOLD_FIELDS)[number];

/** BRIGHT writes this where a query excludes nothing. */
const NOTHING = "N/A";

/**
 * Reads queries, one JSON object in a line: `_id`, `text` (BEIR); `id`, `text`, `instruction` (MTEB); `id`, `query`,
 * `excluded_ids`, `gold_ids` (BRIGHT). Further fields are passed over.
 * @throws RetrievalError `INVALID_DOCUMENT`, `DUPLICATE_ID`, `EMPTY_TEXT`
 */
export async function readQueries(lines: AsyncIterable<Line>): Promise<Map<string, QueryRow>> {
  const queries = new Map<string, QueryRow>();
  for await (const line of lines) {
    const row = parseRow(line);
    const id = readId(row, ["_id", "id"]);
    if (queries.has(id))
      throw fault(line, "an id comes twice", { code: "DUPLICATE_ID", value: id });
    const text = readText(row, ["text", "query"]);
    if (text === "") throw fault(line, "the query says nothing", { code: "EMPTY_TEXT", value: id });
    queries.set(id, {
      line,
      id,
      text,
      instruction: readText(row, ["instruction"]) || undefined,
      excluded: readIds(row, "excluded_ids").filter((one) => one !== NOTHING),
      gold: { gold_ids: readIds(row, "gold_ids"), gold_ids_long: readIds(row, "gold_ids_long") },
    });
  }
  return queries;
}

/**
 * Reads instructions by query, `query-id` and `instruction` in a line (MTEB's instruction tasks).
 * @throws RetrievalError `INVALID_DOCUMENT`, `DUPLICATE_ID`
 */
export async function readInstructions(lines: AsyncIterable<Line>): Promise<Map<string, string>> {
  const instructions = new Map<string, string>();
  for await (const line of lines) {
    const row = parseRow(line);
    const id = readId(row, ["query-id"]);
    if (instructions.has(id)) {
      throw fault(line, "a query has two instructions", { code: "DUPLICATE_ID", value: id });
    }
    instructions.set(id, readText(row, ["instruction"]));
  }
  return instructions;
}
