import { RetrievalError } from "@nearfield/core";

/** What is asked before a query is encoded, and what becomes of the answer: data. */
export interface ReasonRecipe {
  /** The prompt, character by character; `{query}` in it is replaced. */
  readonly template: string;
  /**
   * `behind`: the thought is encoded behind its prompt (CRE-T1, O1-Embedder). `instead`: it takes the query's place (rewriting).
   * `beside`: query and thoughts are encoded each, and their vectors combined (HyDE).
   */
  readonly use: "behind" | "instead" | "beside";
  /** `strip`: what stands between `<think>` and `</think>` is left out. Default `strip`, and `keep` for `behind`. */
  readonly think?: "keep" | "strip" | undefined;
  /** True: only what stands between `<answer>` and `</answer>` counts. */
  readonly answerOnly?: boolean | undefined;
  /** True: line breaks of the query become spaces in the prompt. */
  readonly flatten?: boolean | undefined;
  /** How many thoughts are asked for. Default 1. */
  readonly thoughts?: number | undefined;
  /** What becomes of several: the mean of their vectors, scaled to unit length (default), or the first one's. */
  readonly combine?: "mean" | "first" | undefined;
  /** Longest thought in tokens. Default 128. */
  readonly maxNewTokens?: number | undefined;
  /** How long all of it may take. Then the plain query is encoded. Default 10,000. */
  readonly timeoutMs?: number | undefined;
}

const KEYS = [
  "template",
  "use",
  "think",
  "answerOnly",
  "flatten",
  "thoughts",
  "combine",
  "maxNewTokens",
  "timeoutMs",
] as const;

export const RECIPE_DEFAULTS = { thoughts: 1, maxNewTokens: 128, timeoutMs: 10_000 } as const;

/** More would keep a person waiting for minutes. */
const MOST_THOUGHTS = 16;

/**
 * Checks a recipe of any origin.
 * @returns `recipe` itself, typed
 * @throws RetrievalError `INVALID_OPTION`
 */
export function validateRecipe(recipe: unknown): ReasonRecipe {
  if (typeof recipe !== "object" || recipe === null) throw bad("recipe", "an object", recipe);
  const stranger = Object.keys(recipe).find((key) => !KEYS.includes(key as (typeof KEYS)[number]));
  if (stranger !== undefined) throw bad("recipe", `made of ${KEYS.join(", ")}`, stranger);
  const { template, use, think, combine, thoughts, maxNewTokens, timeoutMs } =
    recipe as Partial<ReasonRecipe>;
  if (typeof template !== "string" || !template.includes("{query}")) {
    throw bad("template", "a text with {query} in it", template);
  }
  choice("use", use, ["behind", "instead", "beside"]);
  if (think !== undefined) choice("think", think, ["keep", "strip"]);
  if (combine !== undefined) choice("combine", combine, ["mean", "first"]);
  positive("thoughts", thoughts, MOST_THOUGHTS);
  positive("maxNewTokens", maxNewTokens, Number.MAX_SAFE_INTEGER);
  positive("timeoutMs", timeoutMs, Number.MAX_SAFE_INTEGER);
  return recipe as ReasonRecipe;
}

/** The prompt for a query: once, so that `{query}` inside a query stays text. */
export function promptOf({ template, flatten }: ReasonRecipe, query: string): string {
  const asked = flatten ? query.replace(/\s*\n\s*/g, " ") : query;
  return template.replaceAll("{query}", () => asked);
}

function choice(name: string, value: unknown, choices: readonly string[]): void {
  if (!choices.includes(value as string)) throw bad(name, `one of ${choices.join(", ")}`, value);
}

function positive(name: string, value: unknown, most: number): void {
  if (value === undefined) return;
  if (Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= most) return;
  throw bad(name, `a whole number above 0${most < 1e6 ? ` and up to ${most}` : ""}`, value);
}

function bad(name: string, wanted: string, value: unknown): RetrievalError {
  return new RetrievalError("INVALID_OPTION", `${name} of a reasoning recipe must be ${wanted}`, {
    value,
    repair: "Correct the recipe.",
  });
}
