import type { DocumentInput, PassageSpan } from "@nearfield/core";
import type { Embedder } from "../embedder.ts";
import { split, splitLazily } from "../split.ts";

/** A passage and the text that is encoded for it. */
export interface Passage {
  readonly span: PassageSpan;
  readonly text: string;
  /** What goes into the place that the model's prompt has for a title; null where there is neither. */
  readonly title: string | null;
}

type Budget = Pick<Embedder, "countTokens" | "maxTokens" | "takesTitles" | "maxTokensBelow">;

/** At most a quarter of what the model takes goes to the title: a passage without its own words could not be found. */
const TITLE_SHARE = 1 / 4;

/**
 * The passages of a document, made as they are asked for. Each is encoded with the document's title, since a passage seldom
 * says what the whole is about: in the model's prompt where that has a place for titles, else before the passage. The
 * budget holds for both together.
 */
export function* passagesOf(document: DocumentInput, budget: Budget): Generator<Passage, void> {
  const { maxTokens } = budget;
  // Called as a method: an embedder may be an instance of a class.
  const countTokens = (text: string) => budget.countTokens(text);
  const head = titleHead(document.title ?? "", { countTokens, maxTokens });
  const isInPrompt = head !== "" && budget.takesTitles;
  const prefix = head && !isInPrompt ? `${head} ` : "";
  const left = isInPrompt ? budget.maxTokensBelow(head) : maxTokens - countTokens(prefix);
  const title = isInPrompt ? head : null;
  for (const span of splitLazily(document.text, { countTokens, maxTokens: Math.max(1, left) })) {
    yield { span, text: prefix + document.text.slice(span.start, span.end), title };
  }
}

type TitleBudget = Pick<Embedder, "countTokens" | "maxTokens">;

/** The title, or as much of it as has its share of the tokens. */
function titleHead(title: string, { countTokens, maxTokens }: TitleBudget): string {
  const whole = title.trim();
  const share = Math.max(1, Math.floor(maxTokens * TITLE_SHARE));
  if (whole === "" || countTokens(whole) <= share) return whole;
  const first = split(whole, { countTokens, maxTokens: share, targetTokens: share })[0];
  return first ? whole.slice(first.start, first.end) : "";
}
