import { RetrievalError, type RerankerCard, type YesNoScoring } from "@nearfield/core";
import { piecesOf, type Engine } from "@nearfield/runtime/worker";
import { bodyOf } from "../body.ts";
import type { ScoreRequest } from "../calls.ts";

export interface TemplateOptions {
  readonly card: Pick<RerankerCard, "maxTokens">;
  readonly scoring: YesNoScoring;
  /** Reads the names of special tokens as those tokens: for prefix and suffix. */
  readonly markup: Engine;
  /** Reads them as text: for the body and what is put into it. */
  readonly text: Engine;
}

/** The template of a yes/no reranker as token ids. */
export class Template {
  readonly #options: TemplateOptions;
  readonly #prefix: readonly number[];
  readonly #suffix: readonly number[];
  /** Tokens that a body may have. */
  readonly #room: number;

  constructor(options: TemplateOptions) {
    const { card, scoring, markup } = options;
    this.#options = options;
    this.#prefix = markup.idsOf(scoring.prefix);
    this.#suffix = markup.idsOf(scoring.suffix);
    this.#room = card.maxTokens - this.#prefix.length - this.#suffix.length;
  }

  /**
   * The tokens of each pair: prefix, body, suffix. Only the passage, which the body ends with, is cut.
   * @throws RetrievalError `INPUT_TOO_LARGE` where query and instruction leave a passage no room
   */
  rowsOf({ query, passages, instruction }: ScoreRequest): readonly number[][] {
    const { card, scoring } = this.#options;
    const asked = { instruction: instruction ?? scoring.instruction, query };
    const bare = this.#read(bodyOf(scoring, { ...asked, passage: "" }));
    if (bare.length >= this.#room) {
      throw new RetrievalError("INPUT_TOO_LARGE", "the query leaves the passages no room", {
        value: `${card.maxTokens} tokens in all`,
        repair: "Shorten the query or the instruction.",
      });
    }
    return passages.map((passage) => [
      ...this.#prefix,
      ...this.#read(bodyOf(scoring, { ...asked, passage })),
      ...this.#suffix,
    ]);
  }

  /** The first tokens of a text, as many as there is room for. */
  #read(text: string): readonly number[] {
    const ids: number[] = [];
    for (const piece of piecesOf(text)) {
      ids.push(...this.#options.text.idsOf(piece));
      if (ids.length >= this.#room) break;
    }
    return ids.slice(0, this.#room);
  }
}
