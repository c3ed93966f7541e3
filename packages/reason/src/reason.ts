import { asRetrievalError, RetrievalError, type ErrorCode, type Role } from "@nearfield/core";
import { aborted, raceAbort } from "@nearfield/link";
import type { ThoughtProvider } from "./provider.ts";
import { promptOf, RECIPE_DEFAULTS, type ReasonRecipe } from "./recipe.ts";
import { readThoughts } from "./thought.ts";

/** What is encoded for a query. */
export interface ReasonedInput {
  /** A text, or tokens. */
  readonly input: string | readonly number[];
  readonly role: Role;
}

export interface Reasoned {
  /** The vectors of these are combined to that of the query. */
  readonly inputs: readonly ReasonedInput[];
  readonly combine: "mean" | "first";
  /** What was thought; empty where the plain query is encoded. */
  readonly thoughts: readonly string[];
  /** Why the plain query is encoded; null where it is not. */
  readonly skipped: {
    readonly code: ErrorCode;
    readonly reason: string;
    readonly failure: RetrievalError;
  } | null;
  readonly reasonMs: number;
}

/**
 * Thinks about a query before it is encoded. Whatever fails, and whatever takes too long, leaves the plain query and says why.
 * @throws RetrievalError `ABORTED` where `signal` fired, and nothing else
 */
export async function reason(
  query: string,
  recipe: ReasonRecipe,
  provider: ThoughtProvider,
  signal?: AbortSignal,
): Promise<Reasoned> {
  if (signal?.aborted) throw aborted(signal);
  const startedAt = performance.now();
  const { timeoutMs, thoughts, maxNewTokens } = { ...RECIPE_DEFAULTS, ...defined(recipe) };
  const { combine = "mean" } = recipe;
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(late(provider, timeoutMs)), timeoutMs);
  const either = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  const prompt = promptOf(recipe, query);
  const end = (rest: Pick<Reasoned, "inputs" | "thoughts" | "skipped">): Reasoned => ({
    ...rest,
    combine,
    reasonMs: performance.now() - startedAt,
  });
  try {
    const request = { prompt, query, thoughts, maxNewTokens, signal: either };
    const given = await raceAbort(
      provider.think(request),
      either,
      () => over.signal.reason as unknown,
    );
    const read = readThoughts(given, recipe).slice(0, thoughts);
    const inputs = inputsOf(query, prompt, read, recipe);
    return end({ inputs, thoughts: read.map(({ text }) => text), skipped: null });
  } catch (thrown) {
    if (signal?.aborted) throw aborted(signal);
    const failure = asRetrievalError(thrown, "THOUGHT_INVALID", "the provider failed");
    const { code, message } = failure;
    const plain = { input: query, role: "query" } as const;
    return end({ inputs: [plain], thoughts: [], skipped: { code, reason: message, failure } });
  } finally {
    clearTimeout(timer);
    // A provider that still works for nobody is told so.
    over.abort();
  }
}

function inputsOf(
  query: string,
  prompt: string,
  thoughts: ReturnType<typeof readThoughts>,
  { use }: ReasonRecipe,
): readonly ReasonedInput[] {
  const asQuery = (input: ReasonedInput["input"]): ReasonedInput => ({ input, role: "query" });
  switch (use) {
    case "behind":
      return thoughts.map(({ text, tokens }) => asQuery(tokens ?? prompt + text));
    case "instead":
      return thoughts.map(({ text }) => asQuery(text));
    case "beside":
      return [
        asQuery(query),
        ...thoughts.map(({ text }) => ({ input: text, role: "document" as const })),
      ];
    default:
      return use satisfies never;
  }
}

function late({ name }: ThoughtProvider, timeoutMs: number): RetrievalError {
  return new RetrievalError("TIMEOUT", `${name} gave no thought within ${timeoutMs} ms`, {
    repair: "Allow more time (timeoutMs), or fewer tokens (maxNewTokens).",
  });
}

/** Without the fields that are undefined, so that they do not hide a default. */
function defined(recipe: ReasonRecipe): Partial<typeof RECIPE_DEFAULTS> {
  return Object.fromEntries(Object.entries(recipe).filter(([, value]) => value !== undefined));
}
