import { hashOf, type ModelCard } from "@nearfield/core";

/**
 * Names the vectors of an index: 64 hexadecimal digits over all that decides them. Two indexes of one fingerprint may be
 * mixed. It is stricter than `card.space`, which says what may be compared: other weights, another tokenizer, prompt, cut
 * or splitter give another fingerprint. The device is not in it: the artifacts of one card share one space.
 *
 * @param dimensions length of the stored vectors
 * @param splitter version of the rule that cuts documents into passages
 */
export function fingerprintOf(
  card: ModelCard,
  dimensions: number,
  splitter: string,
): Promise<string> {
  const weights = Object.values(card.artifacts)
    .flatMap(({ graph, data }) => [graph.sha256, ...data.map(({ file }) => file.sha256)])
    .sort();
  return hashOf({
    format: 1,
    space: card.space,
    weights: [...new Set(weights)],
    tokenizer: card.tokenizer.sha256,
    tokenizerConfig: card.tokenizerConfig.sha256,
    maxTokens: card.maxTokens,
    prompt: card.prompts.document,
    instruction: card.instruction ?? "",
    pooling: card.pooling,
    output: card.output,
    dimensions,
    splitter,
  });
}
