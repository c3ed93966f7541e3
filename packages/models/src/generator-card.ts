import type { GeneratorCard } from "@nearfield/core";
import { checkArtifacts } from "./card.ts";
import {
  bad,
  count,
  filledText,
  filledTexts,
  fraction,
  list,
  oneOf,
  optional,
  record,
} from "./card/field.ts";
import { checkModelFile } from "./card/file.ts";

const FIELDS = [
  "name",
  "version",
  "licence",
  "maxTokens",
  "reservedTokens",
  "stopTokens",
  "suppressedTokens",
  "markup",
  "artifacts",
  "tokenizer",
  "tokenizerConfig",
  "knownThoughts",
  "sampling",
] as const;

/**
 * Checks a card of a language model that writes thoughts.
 * @returns `card` itself, typed
 * @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED`
 */
export function validateGeneratorCard(card: unknown): GeneratorCard {
  const fields = record(card, "form", FIELDS);
  for (const name of ["name", "version", "licence"]) filledText(fields[name], name);
  const room = count(fields["maxTokens"], "maxTokens");
  optional(fields["reservedTokens"], "reservedTokens", (value, name) => {
    if (value !== 0 && count(value, name) >= room) throw bad(name, "below maxTokens", value);
  });
  filledTexts(fields["stopTokens"], "stopTokens");
  optional(fields["suppressedTokens"], "suppressedTokens", filledTexts);
  oneOf(fields["markup"], "markup", ["tokens", "text"]);
  checkArtifacts(fields["artifacts"], 0);
  for (const name of ["tokenizer", "tokenizerConfig"]) checkModelFile(fields[name], name);
  optional(fields["knownThoughts"], "knownThoughts", checkKnownThoughts);
  optional(fields["sampling"], "sampling", checkSampling);
  return card as GeneratorCard;
}

function checkSampling(value: unknown, name: string): void {
  const { temperature, topP } = record(value, name, ["temperature", "topP"]);
  if (!(Number.isFinite(temperature) && (temperature as number) > 0)) {
    throw bad(`${name}.temperature`, "a number above 0", temperature);
  }
  fraction(topP, `${name}.topP`);
}

function checkKnownThoughts(value: unknown, name: string): void {
  const known = record(value, name, ["prompts", "tokens"]);
  const prompts = filledTexts(known["prompts"], `${name}.prompts`);
  const thoughts = list(known["tokens"], `${name}.tokens`);
  const isThought = (one: unknown) =>
    Array.isArray(one) && one.length > 0 && one.every((id) => Number.isSafeInteger(id) && id >= 0);
  if (thoughts.length !== prompts.length || !thoughts.every(isThought)) {
    throw bad(`${name}.tokens`, "the tokens of a thought for each prompt", thoughts);
  }
}
