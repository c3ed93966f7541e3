import { hashOf, type HeadLayer, type ModelCard, type ModelFile } from "@nearfield/core";

/**
 * Names the vectors of an index: 64 hexadecimal digits over all that decides those of its documents. Two indexes of one
 * fingerprint may be mixed. It is stricter than `card.space`, which says what may be compared: other weights, another
 * tokenizer, document prompt, end token, pooling, head, cut or splitter give another fingerprint.
 *
 * Left out on purpose: the query prompt, the instruction, the query step and the tower of the queries, because a change
 * there leaves the stored vectors as they are; name, licence, languages and known answers, because they decide nothing;
 * attention and inputs, because the graph's hash has them; and the device, because the artifacts of one card share one
 * space. A field that is absent counts as its default, so that writing it out re-encodes nothing.
 *
 * @param card of the model that encodes the documents
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
  const documentPrompts = card.prompts.document + (card.titlePrompt ?? "");
  // JSON leaves out what is undefined.
  return hashOf({
    format: 1,
    space: card.space,
    weights: [...new Set(weights)],
    tokenizer: card.tokenizer.sha256,
    tokenizerConfig: card.tokenizerConfig.sha256,
    maxTokens: card.maxTokens,
    prompt: card.prompts.document,
    titlePrompt: card.titlePrompt,
    instruction: documentPrompts.includes("{instruction}") ? (card.instruction ?? "") : "",
    endToken: card.endToken?.appendedBy === "encoder" ? card.endToken : undefined,
    pooling: [card.pooling].flat().length === 1 ? [card.pooling].flat()[0] : card.pooling,
    includePrompt: card.includePrompt === false ? false : undefined,
    head: card.head?.length ? card.head.map(nameLayer) : undefined,
    normalize: card.normalize === false ? false : undefined,
    output: card.output,
    dimensions,
    splitter,
  });
}

/** A layer with the hash of its weights for their place. */
function nameLayer(layer: HeadLayer<ModelFile>): HeadLayer<ModelFile> | object {
  return layer.weights ? { ...layer, weights: layer.weights.sha256 } : layer;
}
