/** A value that can be stored beside a document and, later, filtered by. */
export type FieldValue = string | number | boolean | null | readonly (string | number | boolean)[];

export type Fields = Readonly<Record<string, FieldValue>>;

/** What `add` takes. `id` is the document's name for ever: adding the same id again replaces it. */
export interface DocumentInput {
  /** 1 to 1,024 UTF-16 code units, compared by code unit, never normalized. */
  readonly id: string;
  readonly text: string;
  readonly title?: string | undefined;
  readonly url?: string | undefined;
  readonly fields?: Fields | undefined;
}

/** A stretch of a document's text, `[start, end)` in UTF-16 code units: `text.slice(start, end)` is the passage. */
export interface PassageSpan {
  readonly start: number;
  readonly end: number;
}

/** A document as it is stored beside its vectors: one row of the index for each span. */
export interface StoredDocument extends DocumentInput {
  readonly passages: readonly PassageSpan[];
}
