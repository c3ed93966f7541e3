import type { StoredDocument } from "@nearfield/core";
import { wordsOf } from "./words.ts";

/** The words of each row of one entry, in the order of its rows. */
export type RowWords = readonly (readonly string[])[];

/**
 * The words of a document's passages. Each passage has those of the title too, as it has in its vector. An entry that is no
 * document, or has another number of passages than rows, has no words.
 */
export function wordsOfPassages(payload: unknown, rows: number): RowWords {
  if (!isDocument(payload) || payload.passages.length !== rows) {
    return Array.from({ length: rows }, () => []);
  }
  const { text, title = "", passages } = payload;
  const head = wordsOf(title);
  return passages.map(({ start, end }) => [...head, ...wordsOf(text.slice(start, end))]);
}

function isDocument(payload: unknown): payload is StoredDocument {
  if (typeof payload !== "object" || payload === null) return false;
  const { text, passages } = payload as Partial<Record<keyof StoredDocument, unknown>>;
  return typeof text === "string" && Array.isArray(passages);
}
