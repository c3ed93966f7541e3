import type { Judgements } from "./metrics.ts";

/** A document of the corpus. `text` may be empty where `title` is not. */
export interface CorpusDocument {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** A query with all that decides how it is asked and judged. */
export interface EvaluationQuery {
  readonly id: string;
  readonly text: string;
  /** What the query is for, for models that take an instruction. */
  readonly instruction: string | undefined;
  /** Documents that must not be found for it, such as the post that the query was made of. Taken out before judging. */
  readonly excluded: readonly string[];
  readonly judgements: Judgements;
}

/** A test collection, checked: ids differ, and every judged or excluded id is there. */
export interface Dataset {
  readonly name: string;
  /** Which judgements: the name of the file in `qrels`. */
  readonly split: string;
  /** Documents that say something, in the order of the file. */
  readonly corpus: readonly CorpusDocument[];
  /** Documents without title and text. They can not be encoded, and so are never found. */
  readonly emptyDocuments: number;
  /** The queries that have judgements, in the order of the file. */
  readonly queries: readonly EvaluationQuery[];
}

/** What a model reads of a document: title and text joined by a space, as BEIR does it. */
export function wholeText({ title, text }: CorpusDocument): string {
  return [title, text].filter((part) => part !== "").join(" ");
}
