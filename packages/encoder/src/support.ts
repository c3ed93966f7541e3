import { RetrievalError, type ModelCard } from "@nearfield/core";

/**
 * What a card can ask for and this encoder does not do yet. Each entry goes when its step is there: until then a model that
 * needs it is refused, because vectors without that step would be wrong, and nothing would show it.
 */
const MISSING: Readonly<Record<string, (card: ModelCard) => boolean>> = {
  "layers outside the graph (head)": ({ head }) => (head?.length ?? 0) > 0,
  "a pooling without the prompt (includePrompt)": ({ includePrompt }) => includePrompt === false,
  "vectors that keep their length (normalize)": ({ normalize }) => normalize === false,
  "an end token that the tokenizer does not append (endToken)": ({ endToken }) =>
    endToken?.appendedBy === "encoder",
  "a step before encoding (queryStep)": ({ queryStep }) => (queryStep ?? "none") !== "none",
  "a graph of another width than the vector (hiddenSize)": ({ hiddenSize, dimensions }) =>
    hiddenSize !== undefined && hiddenSize !== dimensions,
  "several poolings at once (pooling)": ({ pooling }) => Array.isArray(pooling),
};

/**
 * Gives `card` back if this encoder does every step of it.
 * @throws RetrievalError `MODEL_UNSUPPORTED`
 */
export function checkSupport(card: ModelCard): ModelCard {
  const missing = Object.keys(MISSING).filter((step) => MISSING[step]?.(card));
  if (missing.length === 0) return card;
  throw new RetrievalError("MODEL_UNSUPPORTED", `${card.name} needs ${missing.join(" and ")}`, {
    value: card.name,
    repair: "Choose another model: this version does not do that step.",
  });
}
