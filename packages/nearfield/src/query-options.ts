import { RetrievalError } from "@nearfield/core";
import { checkFilter, type Filter } from "@nearfield/index";
import { checkKeys, invalid } from "./check.ts";
import { checkSignal, DEFAULTS, LIMITS } from "./options.ts";
import type { QueryReason } from "./reason-options.ts";
import type { QueryRerank } from "./rerank-options.ts";
import type { Question, QueryMode } from "./stage.ts";

export interface QueryOptions {
  /** How many hits at the most: 1 to 1,000, default 10. */
  readonly limit?: number | undefined;
  /** Only passages of documents whose `fields` pass it are ranked; they are all looked at, however few they are. */
  readonly filter?: Filter | undefined;
  /**
   * `hybrid` (default): by meaning and by words. `dense`: by meaning alone. `lexical`: by words alone, which needs no model and
   * waits for none.
   */
  readonly mode?: QueryMode | undefined;
  /** What the query is for, in English, for models that take an instruction. */
  readonly instruction?: string | undefined;
  /**
   * `false` leaves out the reranker that `openSearch` was given; `{ candidates }` has it read so many. Default `true` where there is one.
   * If it fails the order stays, and `skipped` says why.
   */
  readonly rerank?: QueryRerank | undefined;
  /**
   * `false` searches the plain query where `openSearch` was given somebody to think; `{ timeoutMs, maxNewTokens }` limits it. Default `true`
   * where there is one. If it fails the plain query is searched, and `skipped` says why.
   */
  readonly reason?: QueryReason | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Gives with the answer how it came about: each stage with its hits, times, and what was left out. Default false. */
  readonly explain?: boolean | undefined;
}

export interface StreamOptions extends Omit<QueryOptions, "explain"> {
  /**
   * A newer stream of the same key ends the older one. An app with several search boxes on one search gives each a key of its own.
   * Default: one key for all.
   */
  readonly key?: string | undefined;
}

const COMMON_KEYS = [
  "limit",
  "filter",
  "mode",
  "instruction",
  "rerank",
  "reason",
  "signal",
] as const;
const QUERY_KEYS = [...COMMON_KEYS, "explain"] as const;
const STREAM_KEYS = [...COMMON_KEYS, "key"] as const;
const MODES: readonly unknown[] = ["hybrid", "dense", "lexical"] satisfies QueryMode[];
/** @throws RetrievalError `INVALID_OPTION`, `INVALID_FILTER`, `EMPTY_TEXT`, `INPUT_TOO_LARGE` */
export function checkQuery(
  text: unknown,
  options: unknown,
): { readonly question: Question; readonly explain: boolean } {
  const checked = checkKeys("query", options, QUERY_KEYS) as QueryOptions;
  const { explain = false } = checked;
  if (typeof explain !== "boolean") throw invalid("explain", "true or false", explain);
  return { question: checkQuestion(text, checked), explain };
}

/** @throws RetrievalError as {@link checkQuery} */
export function checkStream(
  text: unknown,
  options: unknown,
): { readonly question: Question; readonly key: string } {
  const checked = checkKeys("stream", options, STREAM_KEYS) as StreamOptions;
  const { key = "" } = checked;
  if (typeof key !== "string") throw invalid("key", "a string", key);
  return { question: checkQuestion(text, checked), key };
}

function checkQuestion(text: unknown, checked: Omit<QueryOptions, "explain">): Question {
  const {
    limit = DEFAULTS.limit,
    mode = DEFAULTS.mode,
    instruction,
    rerank,
    reason,
    signal,
  } = checked;
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMITS.limit) {
    throw invalid("limit", `an integer from 1 to ${LIMITS.limit}`, limit);
  }
  if (!MODES.includes(mode)) throw invalid("mode", `"hybrid", "dense" or "lexical"`, mode);
  if (instruction !== undefined && typeof instruction !== "string") {
    throw invalid("instruction", "a string", instruction);
  }
  checkSignal(signal);
  // A copy: what the caller changes while the query is encoded is not meant.
  const filter = checked.filter === undefined ? undefined : checkFilter(checked.filter);
  return { text: checkQueryText(text), limit, filter, mode, instruction, rerank, reason, signal };
}

function checkQueryText(text: unknown): string {
  if (typeof text !== "string") throw invalid("the query", "a string", text);
  if (text.trim() === "") {
    throw new RetrievalError("EMPTY_TEXT", "the query says nothing", {
      value: text,
      repair: "Ask only when there is something in the search box.",
    });
  }
  if (text.length > LIMITS.queryLength) {
    throw new RetrievalError("INPUT_TOO_LARGE", "the query is too long", {
      value: text.length,
      repair: `Cut it to ${LIMITS.queryLength} characters; a model reads a few hundred tokens.`,
    });
  }
  return text;
}
