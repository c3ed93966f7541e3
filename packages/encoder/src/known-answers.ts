import { cosine, RetrievalError, type ModelCard } from "@nearfield/core";

export interface KnownAnswersOptions {
  readonly card: ModelCard;
  /** The artifact's vectors for the card's texts, row-major. */
  readonly expected: Float32Array;
  /** Least cosine. Default: the card's. */
  readonly floor?: number | undefined;
  /** Whose vectors they are, for the error. Default: the model's own. */
  readonly whose?: string | undefined;
  /** Encodes texts without a prompt, all in one batch, at the card's full dimensions. */
  readonly encodeBatch: (texts: readonly string[]) => Promise<readonly Float32Array[]>;
  /** This machine has passed the whole check with these files: the shortest text then does. */
  readonly trusted: boolean;
  readonly onBatch?: (() => void) | undefined;
}

export interface KnownAnswersReport {
  /** How many texts were encoded; those of the batch count again. */
  readonly texts: number;
  readonly leastCosine: number;
}

/**
 * Encodes the card's texts, each alone and then all in one padded batch, and compares with the vectors that come with the
 * model. Drivers and kernels have been wrong without any error: on some GPUs only, beyond 32 tokens only, or only for
 * rows with padding.
 * @throws RetrievalError `EMBEDDING_INVALID` at the first vector below the card's floor
 */
export async function checkKnownAnswers(options: KnownAnswersOptions): Promise<KnownAnswersReport> {
  const { card, expected, encodeBatch, trusted, onBatch } = options;
  const { texts } = card.knownAnswers;
  const { floor = card.knownAnswers.floor, whose = "the model's own vector" } = options;
  const all = texts.map((_, row) => row);
  const shortest = all.toSorted((a, b) => lengthOf(texts, a) - lengthOf(texts, b)).slice(0, 1);
  const batches = trusted ? [shortest] : [...all.map((row) => [row]), all];
  const of = batches.reduce((sum, batch) => sum + batch.length, 0);
  let leastCosine = 1;
  for (const batch of batches) {
    const vectors = await encodeBatch(batch.map((row) => texts[row] as string));
    for (const [at, row] of batch.entries()) {
      const known = expected.subarray(row * card.dimensions, (row + 1) * card.dimensions);
      const met = cosine(vectors[at] as Float32Array, known);
      if (!(met >= floor)) throw disagrees(met, floor, whose, row, batch.length);
      leastCosine = Math.min(leastCosine, met);
    }
    onBatch?.();
  }
  return { texts: of, leastCosine };
}

function lengthOf(texts: readonly string[], row: number): number {
  return (texts[row] as string).length;
}

function disagrees(
  met: number,
  floor: number,
  whose: string,
  row: number,
  rows: number,
): RetrievalError {
  const where = rows > 1 ? `in a batch of ${rows}` : "alone";
  return new RetrievalError(
    "EMBEDDING_INVALID",
    `known answer ${row}, encoded ${where}, has a cosine below ${floor} to ${whose}`,
    { value: met, repair: "Try another device: this one computes something else." },
  );
}
