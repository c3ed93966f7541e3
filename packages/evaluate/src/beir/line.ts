import { RetrievalError, type ErrorCode } from "@nearfield/core";

/** A line of a data file that is not blank. */
export interface Line {
  readonly file: string;
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
}

/** A JSON object of a line, with the line for the messages. */
export interface Row {
  readonly line: Line;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The lines of a file that are not blank, with their numbers; a byte order mark is passed over. */
export async function* numbered(
  file: string,
  lines: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<Line, void> {
  let number = 0;
  for await (const raw of lines) {
    number++;
    const text = number === 1 ? raw.replace(/^\uFEFF/, "") : raw;
    if (text.trim() !== "") yield { file, number, text };
  }
}

/** @throws RetrievalError `INVALID_DOCUMENT` where the line is not a JSON object */
export function parseRow(line: Line): Row {
  let fields: unknown;
  try {
    fields = JSON.parse(line.text);
  } catch (thrown) {
    throw fault(line, "is not JSON", { value: line.text, cause: thrown });
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    throw fault(line, "is not a JSON object", { value: fields });
  }
  return { line, fields: fields as Readonly<Record<string, unknown>> };
}

/** The first of `names` that the row has; MTEB writes `id` where BEIR writes `_id`, and some files have numbers as ids. */
export function readId({ line, fields }: Row, names: readonly string[]): string {
  const value = names.map((name) => fields[name]).find((one) => one !== undefined);
  const id = typeof value === "number" ? String(value) : value;
  if (typeof id !== "string" || id === "") {
    throw fault(line, `has no ${names.map((name) => `"${name}"`).join(" or ")}`, { value });
  }
  return id;
}

/** The first of `names` that the row has, `""` where it has none or null. */
export function readText({ line, fields }: Row, names: readonly string[]): string {
  const name = names.find((one) => fields[one] !== undefined && fields[one] !== null);
  if (name === undefined) return "";
  const value = fields[name];
  if (typeof value !== "string") throw fault(line, `"${name}" is not a string`, { value });
  return value.trim();
}

/** The ids under `name`; none where it is absent or null. */
export function readIds({ line, fields }: Row, name: string): string[] {
  const value = fields[name] ?? [];
  if (!Array.isArray(value)) throw fault(line, `"${name}" is not an array`, { value });
  return value.map((id: unknown) => {
    if (typeof id === "number") return String(id);
    if (typeof id !== "string")
      throw fault(line, `"${name}" has an id that is no string`, { value: id });
    return id;
  });
}

/** An error that says where: `corpus.jsonl:12: is not JSON`. */
export function fault(
  { file, number }: Line,
  problem: string,
  {
    code = "INVALID_DOCUMENT",
    value,
    cause,
  }: { readonly code?: ErrorCode; readonly value?: unknown; readonly cause?: unknown } = {},
): RetrievalError {
  return new RetrievalError(code, `${file}:${number}: ${problem}`, {
    value,
    repair: "Correct this line of the data.",
    cause,
  });
}
