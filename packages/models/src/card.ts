import type { ModelCard, RepositoryCard } from "@nearfield/core";
import {
  bad,
  count,
  filledText,
  filledTexts,
  fraction,
  list,
  optional,
  record,
  type Fields,
} from "./card/field.ts";
import {
  checkData,
  checkDevice,
  checkDtype,
  checkModelFile,
  checkRepositoryFile,
  DEVICES,
} from "./card/file.ts";
import { checkRecipe, RECIPE_FIELDS } from "./card/recipe.ts";
import { checkRepository, checkRevision } from "./name.ts";

/**
 * Checks a model card of any origin.
 * @returns `card` itself, typed
 * @throws RetrievalError `INVALID_OPTION` where a field is missing, unknown, of the wrong form or at odds with another;
 * `MODEL_UNSUPPORTED` where the card is sound but asks for something that this build does not do
 */
export function validateCard(card: unknown): ModelCard {
  const own = ["version", "artifacts", "tokenizer", "tokenizerConfig", "knownAnswers"];
  const fields = record(card, "form", [...RECIPE_FIELDS, ...own, "network"]);
  filledText(fields["version"], "version");
  checkRecipe(fields, checkModelFile);
  for (const name of ["tokenizer", "tokenizerConfig"]) checkModelFile(fields[name], name);
  const texts = checkKnownAnswers(fields["knownAnswers"], "knownAnswers");
  optional(fields["network"], "network", checkNetwork);
  checkArtifacts(fields["artifacts"], texts * (fields["dimensions"] as number));
  return card as ModelCard;
}

/**
 * Checks a card of what a repository offers.
 * @returns `card` itself, typed
 * @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED`
 */
export function validateRepositoryCard(card: unknown): RepositoryCard {
  const own = ["repository", "revision", "artifacts", "tokenizer", "tokenizerConfig"];
  const more = ["knownAnswers", "knownScores", "network"];
  const fields = record(card, "form", [...RECIPE_FIELDS, ...own, ...more]);
  checkRepository(fields["repository"]);
  checkRevision(fields["revision"]);
  checkRecipe(fields, checkRepositoryFile);
  for (const name of ["tokenizer", "tokenizerConfig"]) checkRepositoryFile(fields[name], name);
  checkOffers(fields["artifacts"]);
  optional(fields["knownAnswers"], "knownAnswers", checkKnownAnswers);
  optional(fields["knownScores"], "knownScores", checkKnownScores);
  optional(fields["network"], "network", checkNetwork);
  return card as RepositoryCard;
}

/** The graphs of a repository, one for each number format. */
export function checkOffers(artifacts: unknown): void {
  for (const [at, item] of list(artifacts, "artifacts").entries()) {
    const name = `artifacts[${at}]`;
    const artifact = record(item, name, ["dtype", "devices", "graph", "data"]);
    checkDtype(artifact["dtype"], `${name}.dtype`);
    for (const device of list(artifact["devices"], `${name}.devices`)) {
      checkDevice(device, `${name}.devices`);
    }
    checkRepositoryFile(artifact["graph"], `${name}.graph`);
    checkData(artifact["data"], `${name}.data`, checkRepositoryFile);
  }
}

/**
 * The graphs that a card's devices run.
 * @param knownComponents floats that a graph's known answers must have
 */
export function checkArtifacts(value: unknown, knownComponents: number): void {
  const artifacts = record(value, "artifacts", DEVICES);
  if (Object.keys(artifacts).length === 0) {
    throw bad("artifacts", `an object with ${DEVICES.join(" or ")}`, artifacts);
  }
  for (const device of Object.keys(artifacts)) {
    checkArtifact(artifacts[device], `artifacts.${device}`, knownComponents);
  }
}

function checkArtifact(value: unknown, name: string, knownComponents: number): void {
  const artifact = record(value, name, ["dtype", "graph", "data", "expanded", "knownAnswers"]);
  optional(artifact["dtype"], `${name}.dtype`, checkDtype);
  checkModelFile(artifact["graph"], `${name}.graph`);
  const paths = checkData(artifact["data"], `${name}.data`, checkModelFile);
  optional(artifact["expanded"], `${name}.expanded`, (item, at) => {
    const expanded = record(item, at, ["path", "from", "plan"]);
    filledText(expanded["path"], `${at}.path`);
    checkModelFile(expanded["plan"], `${at}.plan`);
    if (!paths.includes(expanded["from"] as string)) {
      throw bad(`${at}.from`, "the path of one of the data files", expanded["from"]);
    }
  });
  optional(artifact["knownAnswers"], `${name}.knownAnswers`, (item, at) => {
    checkModelFile(item, at);
    const { byteLength } = item as Fields;
    const wanted = knownComponents * Float32Array.BYTES_PER_ELEMENT;
    if (byteLength !== wanted) {
      throw bad(`${at}.byteLength`, `${wanted}, texts × dimensions × 4`, byteLength);
    }
  });
}

/** Gives the number of texts. */
function checkKnownAnswers(value: unknown, name: string): number {
  const known = record(value, name, ["texts", "floor"]);
  fraction(known["floor"], `${name}.floor`);
  return filledTexts(known["texts"], `${name}.texts`).length;
}

export function checkKnownScores(value: unknown, name: string): void {
  const known = record(value, name, ["queries", "documents", "scores", "tolerance"]);
  const rows = filledTexts(known["queries"], `${name}.queries`).length;
  const columns = filledTexts(known["documents"], `${name}.documents`).length;
  fraction(known["tolerance"], `${name}.tolerance`);
  const scores = list(known["scores"], `${name}.scores`);
  const whole = (row: unknown) =>
    Array.isArray(row) && row.length === columns && row.every((score) => Number.isFinite(score));
  if (scores.length !== rows || !scores.every(whole)) {
    throw bad(`${name}.scores`, `${rows} rows of ${columns} numbers`, scores);
  }
}

export function checkNetwork(value: unknown, name: string): void {
  const sizes = ["parameters", "layers", "heads", "keyValueHeads"];
  const more = ["headDimensions", "intermediateSize", "vocabulary"];
  const network = record(value, name, [...sizes, ...more]);
  for (const key of Object.keys(network)) optional(network[key], `${name}.${key}`, count);
}
