export { assemble, type Parts } from "./beir/assemble.ts";
export { readCorpus, type Corpus } from "./beir/corpus.ts";
export { numbered, type Line } from "./beir/line.ts";
export { readQrels, type Qrel } from "./beir/qrels.ts";
export {
  GOLD_FIELDS,
  readInstructions,
  readQueries,
  type GoldField,
  type QueryRow,
} from "./beir/queries.ts";
export { wholeText, type CorpusDocument, type Dataset, type EvaluationQuery } from "./dataset.ts";
export { DEPTHS, evaluate, type Evaluation, type Figures } from "./evaluation.ts";
export { ndcgAt, recallAt, reciprocalRankAt, type Judgements } from "./metrics.ts";
export { median, quantile } from "./quantile.ts";
export { bestPassages, rank, type ScoredDocument, type TieRule } from "./ranking.ts";
export { formatTable, makeReport, type Report } from "./report.ts";
export { formatRun } from "./trec.ts";
