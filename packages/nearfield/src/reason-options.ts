import type { Device, GeneratorCard } from "@nearfield/core";
import type { GeneratorStatus, HydeDomain, ReasonRecipe, ThoughtRequest } from "@nearfield/reason";

/**
 * A prompt that its authors published. `bright`: the reasoning of BRIGHT and ReasonIR takes the query's place. `tong-search`: that of
 * TongSearch-QR, `-thinking` for a model that thinks aloud and marks its answer. `hyde-…`: the mean of the query's vector and that of
 * a passage which could answer it; see docs/reason.md.
 */
export type ReadyRecipe = "bright" | "tong-search" | "tong-search-thinking" | `hyde-${HydeDomain}`;

/**
 * A function of the app that thinks: it gives a text or several, at once or later. The signal fires when nobody waits any more.
 */
export type ThoughtFunction = (
  request: ThoughtRequest,
) => string | readonly string[] | Promise<string | readonly string[]>;

/** What is thought about a query before it is encoded, and by whom. */
export interface SearchReasonOptions {
  /**
   * A function of the app; `"browser"` for the language model of the browser, where it has one that is ready; or the card of a
   * language model, which runs in a worker of its own that starts with the first thought.
   */
  readonly provider: ThoughtFunction | "browser" | GeneratorCard;
  /** What is asked, and what becomes of the answer. `{ hydeIn }`: HyDE in a language, by its English name. */
  readonly recipe: ReadyRecipe | { readonly hydeIn: string } | ReasonRecipe;
  /** How many thoughts are asked for, 1 to 16. Default: the recipe's, else 1. */
  readonly thoughts?: number | undefined;
  /** Longest thought, in tokens. Default: the recipe's, else 128. */
  readonly maxNewTokens?: number | undefined;
  /** How long all of it may take, in milliseconds. Then the plain query is searched. Default: the recipe's, else 10,000. */
  readonly timeoutMs?: number | undefined;
  /** For a card. Default: that of the search. */
  readonly device?: "auto" | Device | undefined;
}

/** For one query: whether it is thought about, and for how long. */
export type QueryReason = boolean | Pick<SearchReasonOptions, "maxNewTokens" | "timeoutMs">;

/** A snapshot of who thinks: plain data. */
export interface ReasonStatus {
  readonly provider: string;
  /** Of a model in a worker of its own; null for others. */
  readonly model: GeneratorStatus | null;
}
