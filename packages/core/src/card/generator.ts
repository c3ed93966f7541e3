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
  /**
   * How thoughts are drawn where several are asked for. Absent: the likeliest token is taken each time, so that a prompt has one
   * thought only.
   */
  readonly sampling?: Sampling | undefined;
  readonly artifacts: Readonly<Partial<Record<Device, ModelArtifact>>>;
  /** What the model must write: a device that writes something else is refused. */
  readonly knownThoughts?: KnownThoughts | undefined;
  readonly tokenizer: ModelFile;
  readonly tokenizerConfig: ModelFile;
}

/** Nucleus sampling (Holtzman et al., "The Curious Case of Neural Text Degeneration"). */
export interface Sampling {
  /** Above 0: what logits are divided by. The lower, the likelier the likeliest token. */
  readonly temperature: number;
  /** Above 0 and up to 1: only the likeliest tokens are drawn from, as many as are so likely together. */
  readonly topP: number;
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
