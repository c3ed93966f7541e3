/** What a provider is asked. */
export interface ThoughtRequest {
  /** The template with the query in it. */
  readonly prompt: string;
  readonly query: string;
  /** How many thoughts are wanted; fewer are fine. */
  readonly thoughts: number;
  readonly maxNewTokens: number;
  /** Aborts when the caller gave up, or time is over. */
  readonly signal: AbortSignal;
}

/** A thought as text, and as the tokens of the model that wrote it where the same model encodes it. */
export interface Thought {
  readonly text: string;
  /** Of prompt and thought: decoding and encoding again does not always give the same. */
  readonly tokens?: readonly number[] | undefined;
}

/** Who thinks: a local model, the browser's own, or a function of the app. */
export interface ThoughtProvider {
  readonly name: string;
  /** What it gives is checked: it may be anything. */
  think(request: ThoughtRequest): Promise<unknown>;
  close?(): void;
}

/** A function of the app as a provider: it gives one thought or several, at once or later. */
export function thoughtsFrom(
  think: (request: ThoughtRequest) => unknown,
  name = "function of the app",
): ThoughtProvider {
  return { name, think: async (request) => think(request) };
}
