import type { Device, ModelArtifact, ModelFile } from "./file.ts";

/**
 * A language model that writes a thought, ready to be loaded: every file pinned to its bytes. The graph's output is `logits`,
 * and it takes and gives keys and values.
 */
export interface GeneratorCard {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Prompt and thought together, in tokens. What is too long loses the beginning of the prompt. */
  readonly maxTokens: number;
  /** Tokens that are kept free behind the thought, for an appended one. Default 0. */
  readonly reservedTokens?: number | undefined;
  /** Tokens that end a thought, by name. */
  readonly stopTokens: readonly string[];
  /** Tokens that are never written, by name. */
  readonly suppressedTokens?: readonly string[] | undefined;
  /**
   * `tokens`: names of special tokens in a prompt are those tokens, as most tokenizers read them. `text`: those of the query stay
   * text; only the template's count.
   */
  readonly markup: "tokens" | "text";
  readonly artifacts: Readonly<Partial<Record<Device, ModelArtifact>>>;
  /** What the model must write: a device that writes something else is refused. */
  readonly knownThoughts?: KnownThoughts | undefined;
  readonly tokenizer: ModelFile;
  readonly tokenizerConfig: ModelFile;
}

/**
 * Prompts and the tokens that the model begins its thought with, as another program computed them. Of more than 32 tokens, since
 * kernels have been wrong beyond those only; where the likeliest token leads by much, since rounding differs between devices.
 */
export interface KnownThoughts {
  readonly prompts: readonly string[];
  /** One list for each prompt; as many tokens are written as it has. */
  readonly tokens: readonly (readonly number[])[];
}
