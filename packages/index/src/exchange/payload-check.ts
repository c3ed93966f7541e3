import type { IndexEntry } from "../calls.ts";
import type { Holding } from "./holding.ts";

/** Says what is wrong with what an entry of a file holds, or nothing. */
export type PayloadCheck = (entry: IndexEntry, rows: number) => string | undefined;

/** What has to be true of a payload from a file, before the rest of the code relies on it. */
export function payloadCheckOf(holding: Holding): PayloadCheck {
  switch (holding) {
    case "documents":
      return ({ id, payload }, rows) =>
        isDocument(payload, id, rows) ? undefined : "a document in it is not one";
    case "vectors":
      return ({ payload }, rows) =>
        rows === 1 && isRow(payload) ? undefined : "a row in it is not one";
    case "anything":
      return () => undefined;
    default:
      throw holding satisfies never;
  }
}

function isDocument(payload: unknown, id: string, rows: number): boolean {
  if (!isObject(payload)) return false;
  const { text, title, url, fields, passages } = payload;
  return (
    payload["id"] === id &&
    typeof text === "string" &&
    isText(title) &&
    isText(url) &&
    (fields === undefined || areFields(fields)) &&
    Array.isArray(passages) &&
    passages.length === rows &&
    passages.every((passage) => isSpan(passage, text.length))
  );
}

function isRow(payload: unknown): boolean {
  return payload === null || (isObject(payload) && areFields(payload["fields"]));
}

function isSpan(passage: unknown, length: number): boolean {
  if (!isObject(passage)) return false;
  const { start, end } = passage;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end)) return false;
  return (
    0 <= (start as number) && (start as number) <= (end as number) && (end as number) <= length
  );
}

function areFields(fields: unknown): boolean {
  return isObject(fields) && Object.values(fields).every((value) => isFieldValue(value));
}

function isFieldValue(value: unknown): boolean {
  if (value === null || isScalar(value)) return true;
  return Array.isArray(value) && value.every(isScalar);
}

function isScalar(value: unknown): boolean {
  return typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
