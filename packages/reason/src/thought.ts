import { RetrievalError, shorten } from "@nearfield/core";
import type { Thought } from "./provider.ts";
import type { ReasonRecipe } from "./recipe.ts";

/** UTF-16 code units of a thought: more than any encoder of today reads, and little enough to be cleaned at once. */
const MAX_THOUGHT_LENGTH = 65_536;

/**
 * What a provider gave, as thoughts that can be encoded: cut to a length, without the part that is not to be used.
 * @throws RetrievalError `THOUGHT_INVALID` where nothing is left, or where it is a page or no text
 */
export function readThoughts(given: unknown, recipe: ReasonRecipe): readonly Thought[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const thoughts = list.map((one) => readThought(one, recipe)).filter((one) => one !== undefined);
  if (thoughts.length > 0) return thoughts;
  throw invalid("an empty thought", given);
}

function readThought(given: unknown, recipe: ReasonRecipe): Thought | undefined {
  const text = textOf(given);
  if (text === undefined) throw invalid("something that is no text", given);
  const cut = text.slice(0, MAX_THOUGHT_LENGTH).toWellFormed();
  // The error page of a proxy is no thought.
  if (/^\s*<(!doctype html|html|head|body)\b/i.test(cut)) throw invalid("an HTML page", cut);
  const used = partOf(cut, recipe).trim();
  if (used === "") return undefined;
  const isWhole = used === text.trim();
  const tokens = (given as Partial<Thought>).tokens;
  // A thought in tokens is used as it is, or its text where something was taken out.
  return isWhole && Array.isArray(tokens) ? { text: used, tokens } : { text: used };
}

function textOf(given: unknown): string | undefined {
  if (typeof given === "string") return given;
  if (typeof given === "object" && given !== null && "text" in given) {
    return typeof given.text === "string" ? given.text : undefined;
  }
  return undefined;
}

function partOf(text: string, { use, think, answerOnly }: ReasonRecipe): string {
  const keeps = (think ?? (use === "behind" ? "keep" : "strip")) === "keep";
  const thought = keeps ? text : withoutThinking(text);
  if (!answerOnly) return thought;
  return thought.match(/<answer>([\s\S]*?)(<\/answer>|$)/)?.[1] ?? "";
}

/** Where the closing mark is missing the thinking never ended. */
function withoutThinking(text: string): string {
  const end = text.lastIndexOf("</think>");
  const behind = end < 0 ? text : text.slice(end + "</think>".length);
  const open = behind.indexOf("<think>");
  return open < 0 ? behind : behind.slice(0, open);
}

function invalid(what: string, given: unknown): RetrievalError {
  return new RetrievalError("THOUGHT_INVALID", `who was asked for a thought gave ${what}`, {
    value: shorten(given),
    repair: "Look at the provider; until then the plain query is searched.",
  });
}
