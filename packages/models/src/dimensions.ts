import {
  RetrievalError,
  type EncodingRecipe,
  type ModelFile,
  type RepositoryFile,
} from "@nearfield/core";

/**
 * The length of the vectors that a caller gets: `wanted`, or the model's own.
 * @throws RetrievalError `INVALID_OPTION` where the model can not be cut to `wanted`
 */
export function checkDimensions(
  card: EncodingRecipe<ModelFile | RepositoryFile>,
  wanted: number = card.dimensions,
): number {
  const { dimensions, matryoshka, matryoshkaRange: range } = card;
  const allowed = [...new Set([dimensions, ...matryoshka])];
  if (allowed.includes(wanted)) return wanted;
  if (range && Number.isInteger(wanted) && range.min <= wanted && wanted <= range.max)
    return wanted;
  const choice = range ? [...allowed, `any from ${range.min} to ${range.max}`] : allowed;
  throw new RetrievalError("INVALID_OPTION", `${card.name} has no vectors of this length`, {
    value: wanted,
    repair: `${choice.length > 1 ? "Choose one of" : "Leave it at"} ${choice.join(", ")}.`,
  });
}
