import type { RerankerCard, RerankerRepositoryCard } from "@nearfield/core";
import { checkArtifacts, checkKnownScores, checkNetwork, checkOffers } from "./card.ts";
import {
  bad,
  count,
  filledText,
  filledTexts,
  oneOf,
  optional,
  record,
  text,
  type Fields,
} from "./card/field.ts";
import { checkModelFile, checkRepositoryFile } from "./card/file.ts";
import { checkDtypeLimits } from "./card/recipe.ts";
import { checkRepository, checkRevision } from "./name.ts";

const RECIPE_FIELDS = [
  "name",
  "licence",
  "languages",
  "maxTokens",
  "scoring",
  "dtypeLimits",
  "network",
] as const;

/**
 * Checks a reranker's card of any origin.
 * @returns `card` itself, typed
 * @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED`
 */
export function validateRerankerCard(card: unknown): RerankerCard {
  const own = ["version", "artifacts", "tokenizer", "tokenizerConfig", "knownScores"];
  const fields = record(card, "form", [...RECIPE_FIELDS, ...own]);
  filledText(fields["version"], "version");
  checkRecipe(fields);
  for (const name of ["tokenizer", "tokenizerConfig"]) checkModelFile(fields[name], name);
  checkArtifacts(fields["artifacts"], 0);
  optional(fields["knownScores"], "knownScores", checkKnownScores);
  return card as RerankerCard;
}

/**
 * Checks a card of a reranker that a repository offers.
 * @returns `card` itself, typed
 * @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED`
 */
export function validateRerankerRepositoryCard(card: unknown): RerankerRepositoryCard {
  const own = ["repository", "revision", "artifacts", "tokenizer", "tokenizerConfig"];
  const fields = record(card, "form", [...RECIPE_FIELDS, ...own]);
  checkRepository(fields["repository"]);
  checkRevision(fields["revision"]);
  checkRecipe(fields);
  for (const name of ["tokenizer", "tokenizerConfig"]) checkRepositoryFile(fields[name], name);
  checkOffers(fields["artifacts"]);
  return card as RerankerRepositoryCard;
}

function checkRecipe(fields: Fields): void {
  for (const name of ["name", "licence"]) filledText(fields[name], name);
  optional(fields["languages"], "languages", filledTexts);
  count(fields["maxTokens"], "maxTokens");
  checkScoring(fields["scoring"]);
  optional(fields["dtypeLimits"], "dtypeLimits", checkDtypeLimits);
  optional(fields["network"], "network", checkNetwork);
}

function checkScoring(value: unknown): void {
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : value;
  switch (oneOf(kind, "scoring.kind", ["yes-no", "pair"])) {
    case "yes-no": {
      const own = ["prefix", "body", "suffix", "instruction", "yes", "no"];
      const scoring = record(value, "scoring", ["kind", ...own]);
      for (const name of ["prefix", "suffix", "instruction"])
        text(scoring[name], `scoring.${name}`);
      for (const name of ["yes", "no"]) filledText(scoring[name], `scoring.${name}`);
      checkBody(text(scoring["body"], "scoring.body"));
      return;
    }
    case "pair": {
      const scoring = record(value, "scoring", ["kind", "activation"]);
      oneOf(scoring["activation"], "scoring.activation", ["sigmoid", "identity"]);
    }
  }
}

/** The passage stands last: what is too long is cut at the end, and all before it is the same for all passages. */
function checkBody(body: string): void {
  for (const place of ["{query}", "{passage}"]) {
    if (!body.includes(place)) throw bad("scoring.body", `a text with ${place} in it`, body);
  }
  if (!body.endsWith("{passage}"))
    throw bad("scoring.body", "a text that ends with {passage}", body);
}
