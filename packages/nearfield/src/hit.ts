import { RetrievalError, type Fields, type StoredDocument } from "@nearfield/core";
import type { IndexHit } from "@nearfield/index";

/** A passage that was found. */
export interface Hit {
  /** Names this passage of this document: the same in every stage and every answer, for a list that moves its rows. */
  readonly id: string;
  readonly document: {
    readonly id: string;
    readonly text: string;
    readonly title: string | undefined;
    readonly url: string | undefined;
    readonly fields: Fields | undefined;
  };
  /** `document.text.slice(start, end)` is `text`: offsets in UTF-16 code units. */
  readonly passage: { readonly text: string; readonly start: number; readonly end: number };
  /**
   * What the hits are sorted by; comparable within one answer. `dense`: the cosine to the query, -1 to 1. `lexical`: BM25, from
   * 0 on. `hybrid`: 0 to 1, see docs/ranking.md. After a reranker its score.
   */
  readonly score: number;
  readonly parts: Parts;
}

/** What a score is made of. A part is absent where it was not asked for. */
export interface Parts {
  /** Cosine of passage and query, -1 to 1. */
  readonly dense?: number | undefined;
  /** BM25 of the query's words; 0 where the passage has none of them. */
  readonly lexical?: number | undefined;
  /** What a reranker says: for yes/no models 0 to 1. */
  readonly rerank?: number | undefined;
}

/** @throws RetrievalError `STORAGE_CORRUPT` for a document without the passage that was found */
export function hitOf({ score, ordinal, parts, payload }: IndexHit): Hit {
  const { id, text, title, url, fields, passages } = payload as StoredDocument;
  const span = passages[ordinal];
  if (!span)
    throw new RetrievalError("STORAGE_CORRUPT", `document has no passage ${ordinal}`, {
      value: id,
      repair: "Remove the document and add it again.",
    });
  const { start, end } = span;
  return {
    id: `${id} ${ordinal}`,
    document: { id, text, title, url, fields },
    passage: { text: text.slice(start, end), start, end },
    score,
    parts,
  };
}
