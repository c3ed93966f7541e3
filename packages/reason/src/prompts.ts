// Prompts for rewriting a query, as their authors published them.
import type { ReasonRecipe } from "./recipe.ts";

const THREE_STEPS =
  "Instructions:\n1. Identify the essential problem.\n2. Think step by step to reason and describe what information could be relevant and helpful to address the questions in detail.\n3. Draft an answer with as many thoughts as you have.\n";

/** BRIGHT and ReasonIR: the draft takes the query's place. */
export const BRIGHT_REWRITE: ReasonRecipe = {
  template: `{query}\n\n${THREE_STEPS}`,
  use: "instead",
  flatten: true,
  maxNewTokens: 512,
};

/** TongSearch-QR: the instructions stand first. */
export const TONG_SEARCH_REWRITE: ReasonRecipe = {
  template: `${THREE_STEPS}Query:{query}\n\n`,
  use: "instead",
  maxNewTokens: 512,
};

/** The variant of {@link TONG_SEARCH_REWRITE} whose model thinks aloud and marks its answer. */
export const TONG_SEARCH_THINKING: ReasonRecipe = {
  ...TONG_SEARCH_REWRITE,
  think: "strip",
  answerOnly: true,
};

export type HydeDomain = "web" | "science" | "counter-argument" | "covid" | "finance" | "news";

const HYDE: Readonly<Record<HydeDomain, string>> = {
  web: "Please write a passage to answer the question.\nQuestion: {query}\nPassage:",
  science:
    "Please write a scientific paper passage to support/refute the claim.\nClaim: {query}\nPassage:",
  "counter-argument":
    "Please write a counter argument for the passage.\nPassage: {query}\nCounter Argument:",
  covid:
    "Please write a scientific paper passage to answer the question.\nQuestion: {query}\nPassage:",
  finance:
    "Please write a financial article passage to answer the question.\nQuestion: {query}\nPassage:",
  news: "Please write a news passage about the topic.\nTopic: {query}\nPassage:",
};

/** HyDE: the mean of the query's vector and those of passages that could answer it. */
export function hyde(domain: HydeDomain = "web", thoughts: number = 1): ReasonRecipe {
  return { template: HYDE[domain], use: "beside", thoughts, combine: "mean" };
}

/** HyDE in another language, by its English name. */
export function hydeIn(language: string, thoughts: number = 1): ReasonRecipe {
  const template = `Please write a passage in ${language} to answer the question in detail.\nQuestion: {query}\nPassage:`;
  return { template, use: "beside", thoughts, combine: "mean" };
}
