import type { DocumentInput, PassageSpan } from "@nearfield/core";
import type { Embedder } from "../embedder.ts";
import { split, splitLazily } from "../split.ts";

/** A passage and the text that is encoded for it. */
export interface Passage {
  readonly span: PassageSpan;
  readonly text: string;
}

type Budget = Pick<Embedder, "countTokens" | "maxTokens">;

/** At most a quarter of what the model takes goes to the title: a passage without its own words could not be found. */
const TITLE_SHARE = 1 / 4;

/**
 * The passages of a document, made as they are asked for. Each is encoded with the document's title before it, since a
 * passage seldom says what the whole is about. The budget holds for both together.
 */
export function* passagesOf(document: DocumentInput, budget: Budget): Generator<Passage, void> {
  const { maxTokens } = budget;
  // Called as a method: an embedder may be an instance of a class.
  const countTokens = (text: string) => budget.countTokens(text);
  const head = titleHead(document.title ?? "", { countTokens, maxTokens });
  const prefix = head && `${head} `;
  const room = Math.max(1, maxTokens - (prefix ? countTokens(prefix) : 0));
  for (const span of splitLazily(document.text, { countTokens, maxTokens: room })) {
    yield { span, text: prefix + document.text.slice(span.start, span.end) };
  }
}

/** The title, or as much of it as has its share of the tokens. */
function titleHead(title: string, { countTokens, maxTokens }: Budget): string {
  const whole = title.trim();
  const share = Math.max(1, Math.floor(maxTokens * TITLE_SHARE));
  if (whole === "" || countTokens(whole) <= share) return whole;
  const first = split(whole, { countTokens, maxTokens: share, targetTokens: share })[0];
  return first ? whole.slice(first.start, first.end) : "";
}
