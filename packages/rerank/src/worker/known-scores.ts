import { RetrievalError, type RerankerCard } from "@nearfield/core";
import { LEAST_AGREEMENT } from "@nearfield/runtime/worker";
import type { LoadReport, ScoreRequest } from "../calls.ts";
import type { Scorer } from "../scorer.ts";

/** Lengths of the passages where a card has no known scores: kernels have been wrong beyond 32 tokens only. */
const WORDS = [4, 40, 120] as const;
/** Rounding stays far below: what was met of wrong kernels was a tenth and more. */
const SELF_TOLERANCE = 0.01;

/**
 * Scores the card's known pairs, by the way that serves and then each pair alone without a cache, and compares. Drivers and
 * kernels have been wrong without any error. Where a card has no known scores, ways of a GPU are compared with one
 * another, which finds a kernel that is wrong for one of them; WASM needs none of that.
 * @throws RetrievalError `SCORE_INVALID`
 */
export async function checkKnownScores(
  card: RerankerCard,
  scorer: Scorer,
  onGpu: boolean,
): Promise<LoadReport["knownScores"]> {
  const known = card.knownScores;
  if (!known && !onGpu) return null;
  if (!known) await checkAgreement(scorer);
  const { queries, documents, scores, tolerance } = known ?? (await selfScores(scorer));
  let pairs = 0;
  let greatestError = 0;
  for (const [row, query] of queries.entries()) {
    const ways: ScoreRequest["strategy"][] = [{}, PLAIN];
    for (const strategy of ways) {
      const met = await scorer.score({ query, passages: documents, strategy });
      for (const [column, score] of met.entries()) {
        const error = Math.abs(score - (scores[row]?.[column] as number));
        if (!(error <= tolerance)) throw disagrees(error, tolerance, row, column);
        greatestError = Math.max(greatestError, error);
        pairs++;
      }
    }
  }
  return { pairs, greatestError };
}

const PLAIN = { reusePrefix: false, batching: "alone" } as const;

async function checkAgreement(scorer: Scorer): Promise<void> {
  const agreement = (await scorer.measureAgreement?.()) ?? 1;
  if (agreement >= LEAST_AGREEMENT) return;
  throw new RetrievalError("SCORE_INVALID", "the same text read in two ways gives other logits", {
    value: agreement,
    repair: "Try another device: this one computes something else.",
  });
}

async function selfScores(scorer: Scorer) {
  const words = "Refunds are paid to the original card within five working days".split(" ");
  const documents = WORDS.map((count) =>
    Array.from({ length: count }, (_, at) => words[at % words.length]).join(" "),
  );
  const query = "How do I get a refund?";
  const scores = await scorer.score({
    query,
    passages: documents,
    strategy: { batching: "padded", reusePrefix: false },
  });
  return { queries: [query], documents, scores: [[...scores]], tolerance: SELF_TOLERANCE };
}

function disagrees(error: number, tolerance: number, row: number, column: number): RetrievalError {
  return new RetrievalError(
    "SCORE_INVALID",
    `the score of query ${row} and passage ${column} is more than ${tolerance} from the known one`,
    { value: error, repair: "Try another device: this one computes something else." },
  );
}
