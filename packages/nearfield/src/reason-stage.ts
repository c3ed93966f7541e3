// Thinking before a query is encoded. Most searches do not: this part is loaded where it is asked for.
import type { GeneratorCard, RetrievalError } from "@nearfield/core";
import type { Degradation } from "@nearfield/index";
import {
  BRIGHT_REWRITE,
  browserModel,
  combineVectors,
  hyde,
  hydeIn,
  LocalModel,
  reason,
  thoughtsFrom,
  TONG_SEARCH_REWRITE,
  TONG_SEARCH_THINKING,
  validateRecipe,
  type ReasonRecipe,
  type ThoughtProvider,
  type ThoughtRequest,
} from "@nearfield/reason";
import { checkKeys, invalid } from "./check.ts";
import type { SearchOptions } from "./options.ts";
import type {
  QueryReason,
  ReadyRecipe,
  ReasonStatus,
  SearchReasonOptions,
  ThoughtFunction,
} from "./reason-options.ts";
import type { Think, Thoughts } from "./stage.ts";

const READY: Readonly<Record<ReadyRecipe, ReasonRecipe>> = {
  bright: BRIGHT_REWRITE,
  "tong-search": TONG_SEARCH_REWRITE,
  "tong-search-thinking": TONG_SEARCH_THINKING,
  "hyde-web": hyde("web"),
  "hyde-science": hyde("science"),
  "hyde-counter-argument": hyde("counter-argument"),
  "hyde-covid": hyde("covid"),
  "hyde-finance": hyde("finance"),
  "hyde-news": hyde("news"),
};

const LIMIT_KEYS = ["maxNewTokens", "timeoutMs"] as const;
const REASON_KEYS = ["provider", "recipe", "thoughts", ...LIMIT_KEYS, "device"] as const;

/** Names the vocabulary of the model that encodes queries. */
export type FindVocabulary = () => Promise<string>;

/** Who thinks about the queries of a search. */
export class ReasonStage {
  readonly #provider: ThoughtProvider;
  readonly #recipe: ReasonRecipe;
  #failure: RetrievalError | undefined;

  constructor(provider: ThoughtProvider, recipe: ReasonRecipe) {
    this.#provider = provider;
    this.#recipe = recipe;
  }

  /**
   * Thinks for one query. Whatever fails leaves the plain query and says why.
   * @throws RetrievalError `INVALID_OPTION`
   */
  thinkFor(wish: QueryReason | undefined, findVocabulary: FindVocabulary): Think {
    if (wish !== undefined && typeof wish !== "boolean" && typeof wish !== "object") {
      throw invalid("reason of a query", "true, false or { maxNewTokens, timeoutMs }", wish);
    }
    const limits = typeof wish === "object" ? checkKeys("reason", wish, LIMIT_KEYS) : {};
    const recipe = withLimits(this.#recipe, limits);
    if (wish === false) return async (text) => leftOut(text);
    const provider = new Reader(this.#provider, findVocabulary);
    return async (text, signal) => {
      const { skipped, combine, ...rest } = await reason(text, recipe, provider, signal);
      this.#failure = skipped?.failure;
      return {
        ...rest,
        combine: (vectors) => combineVectors(vectors, combine),
        skipped: skipped
          ? [{ part: "reason", failure: skipped.failure, reason: skipped.reason }]
          : [],
      };
    };
  }

  status(): ReasonStatus {
    const provider = this.#provider;
    const model = provider instanceof LocalModel ? provider.status() : null;
    return { provider: provider.name, model };
  }

  /** What is amiss, where the last query had to be searched as it is. */
  get degradation(): Degradation | undefined {
    const { code, message } = this.#failure ?? {};
    return code && { code, message: `queries are searched without a thought: ${message}` };
  }

  close(): void {
    this.#provider.close?.();
  }
}

/** @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED` */
export function openReasonStage(options: unknown, search: SearchOptions): ReasonStage {
  const checked = checkKeys("reason", options, REASON_KEYS) as unknown as SearchReasonOptions;
  const { provider, recipe, device, ...limits } = checked;
  // The recipe first: a model must not be opened for one that is refused.
  const whole = withLimits(recipeOf(recipe), limits);
  return new ReasonStage(providerOf(provider, device, search), whole);
}

function recipeOf(recipe: unknown): ReasonRecipe {
  if (typeof recipe === "string") {
    if (Object.hasOwn(READY, recipe)) return READY[recipe as ReadyRecipe];
    const names = Object.keys(READY).join(", ");
    throw invalid("reason.recipe", `one of ${names}, or a recipe`, recipe);
  }
  if (typeof recipe !== "object" || recipe === null || !("hydeIn" in recipe)) {
    return validateRecipe(recipe);
  }
  const { hydeIn: language } = checkKeys("reason.recipe", recipe, ["hydeIn"]);
  if (typeof language === "string" && language.trim() !== "") return hydeIn(language);
  throw invalid("reason.recipe.hydeIn", "the English name of a language", language);
}

function providerOf(
  provider: unknown,
  device: SearchReasonOptions["device"],
  search: SearchOptions,
): ThoughtProvider {
  if (typeof provider === "function") return thoughtsFrom(provider as ThoughtFunction);
  if (provider === "browser") return browserModel();
  if (typeof provider !== "object" || provider === null) {
    throw invalid("reason.provider", `a function, "browser" or a card`, provider);
  }
  if (device !== undefined && !["auto", "webgpu", "wasm"].includes(device)) {
    throw invalid("reason.device", `"auto", "webgpu" or "wasm"`, device);
  }
  return new LocalModel({
    card: provider as GeneratorCard,
    device: device ?? search.device,
    runtime: search.runtime,
    spawn: search.workers?.reason,
  });
}

function withLimits(recipe: ReasonRecipe, limits: object): ReasonRecipe {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return validateRecipe({ ...recipe, ...Object.fromEntries(given) });
}

function leftOut(text: string): Thoughts {
  return {
    inputs: [{ input: text, role: "query" }],
    thoughts: [],
    combine: ([vector]) => vector,
    skipped: [{ part: "reason", reason: "it was left out of this query" }],
  };
}

/** Takes thoughts in tokens from a model that has the vocabulary of the one that reads them, and else as text. */
class Reader implements ThoughtProvider {
  readonly #provider: ThoughtProvider;
  readonly #findVocabulary: FindVocabulary;

  constructor(provider: ThoughtProvider, findVocabulary: FindVocabulary) {
    this.#provider = provider;
    this.#findVocabulary = findVocabulary;
  }

  get name(): string {
    return this.#provider.name;
  }

  async think(request: ThoughtRequest): Promise<unknown> {
    const provider = this.#provider;
    const given = await provider.think(request);
    const isLocal = provider instanceof LocalModel;
    if (isLocal && provider.card.tokenizer.sha256 === (await this.#findVocabulary())) return given;
    return Array.isArray(given) ? given.map(textOf) : textOf(given);
  }
}

function textOf(given: unknown): unknown {
  return typeof given === "object" && given !== null && "text" in given ? given.text : given;
}
