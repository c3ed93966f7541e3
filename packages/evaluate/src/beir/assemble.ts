import { RetrievalError } from "@nearfield/core";
import type { Dataset, EvaluationQuery } from "../dataset.ts";
import type { Corpus } from "./corpus.ts";
import { fault } from "./line.ts";
import type { Qrel } from "./qrels.ts";
import type { GoldField, QueryRow } from "./queries.ts";

/** The parts of a test collection, as its files give them. */
export interface Parts {
  readonly name: string;
  readonly split: string;
  readonly corpus: Corpus;
  readonly queries: ReadonlyMap<string, QueryRow>;
  /** Judgements, or the field of the queries that has them. */
  readonly judgements: readonly Qrel[] | GoldField;
  readonly instructions: ReadonlyMap<string, string>;
  /** For queries without an instruction of their own. */
  readonly taskInstruction: string | undefined;
  /** Take out, for each query, the document with the query's own id. BEIR's own evaluation does; trec_eval does not. */
  readonly ignoreIdenticalIds: boolean;
}

/**
 * Joins the files of a test collection. Queries without a judgement are left out.
 * @throws RetrievalError `INVALID_DOCUMENT` where a judged or excluded id is not there, or a relevant document is excluded;
 * `INVALID_OPTION` where nothing is judged or there is no document
 */
export function assemble(parts: Parts): Dataset {
  const { name, split, corpus, queries } = parts;
  const judged = judgementsOf(parts);
  const asked = [...queries.values()].filter(({ id }) => judged.has(id));
  if (asked.length === 0) throw nothing(name, `no query has a judgement in ${split}`);
  if (corpus.documents.length === 0) throw nothing(name, "no document says anything");
  return {
    name,
    split,
    corpus: corpus.documents,
    emptyDocuments: corpus.ids.size - corpus.documents.length,
    queries: asked.map((row) => queryOf(row, judged.get(row.id) ?? new Map(), parts)),
  };
}

function judgementsOf({ corpus, queries, judgements }: Parts): Map<string, Map<string, number>> {
  const judged = new Map<string, Map<string, number>>();
  const add = ({ line, queryId, documentId, relevance }: Qrel) => {
    if (!corpus.ids.has(documentId)) {
      throw fault(line, "judges a document that is not in the corpus", { value: documentId });
    }
    if (!judged.has(queryId)) judged.set(queryId, new Map());
    judged.get(queryId)?.set(documentId, relevance);
  };
  if (typeof judgements === "string") {
    for (const { line, id: queryId, gold } of queries.values()) {
      for (const documentId of gold[judgements]) add({ line, queryId, documentId, relevance: 1 });
    }
    return judged;
  }
  for (const qrel of judgements) {
    if (!queries.has(qrel.queryId)) {
      throw fault(qrel.line, "judges a query that is not there", { value: qrel.queryId });
    }
    add(qrel);
  }
  return judged;
}

function queryOf(
  { line, id, text, instruction, excluded }: QueryRow,
  judgements: ReadonlyMap<string, number>,
  { corpus, instructions, taskInstruction, ignoreIdenticalIds }: Parts,
): EvaluationQuery {
  for (const one of excluded) {
    if (!corpus.ids.has(one)) {
      throw fault(line, "excludes a document that is not in the corpus", { value: one });
    }
    if ((judgements.get(one) ?? 0) > 0) {
      throw fault(line, "excludes a document that is relevant", { value: one });
    }
  }
  return {
    id,
    text,
    instruction: instruction ?? instructions.get(id) ?? taskInstruction,
    excluded: ignoreIdenticalIds && corpus.ids.has(id) ? [...new Set([...excluded, id])] : excluded,
    judgements,
  };
}

function nothing(name: string, problem: string): RetrievalError {
  return new RetrievalError("INVALID_OPTION", `${name}: ${problem}`, {
    repair: "Choose other judgements or another folder.",
  });
}
