import type { Role } from "@nearfield/core";

/** A text, or its tokens: without special tokens around them and with all that a prompt would add. */
export type TextInput = string | readonly number[];

export interface EmbedOptions {
  /** Looked at between two batches. */
  readonly signal?: AbortSignal | undefined;
  /** Takes the place of `{instruction}` in the card's prompt. */
  readonly instruction?: string | undefined;
  /** Cuts vectors to this length, one of the model's. Default: {@link Embedder.dimensions}. */
  readonly dimensions?: number | undefined;
  /** Of the document of each text, for a model that {@link Embedder.takesTitles}; null for a document without one. */
  readonly titles?: readonly (string | null)[] | undefined;
  /** Called after each batch with the number of texts done so far. */
  readonly onBatch?: ((done: number) => void) | undefined;
}

/** A loaded model inside its worker: what splitting and ingesting may ask of it. */
export interface Embedder {
  /** Length of each vector. */
  readonly dimensions: number;
  /** Tokens that a document's passage may have, prompt and special tokens already taken off. */
  readonly maxTokens: number;
  /** The model's prompt has a place for the title of a text's document, which then does not go before the text itself. */
  readonly takesTitles: boolean;
  /** {@link maxTokens} where this title stands in the prompt. */
  maxTokensBelow(title: string): number;
  /** Tokens of `text` alone, without prompt and special tokens. */
  countTokens(text: string): number;
  /**
   * One vector for each text, in their order, of unit length unless the model's vectors keep theirs. Longer texts are cut. Batches of several callers take
   * turns.
   * @throws RetrievalError `ABORTED`, `DEVICE_LOST`, `EMBEDDING_INVALID`, `INFERENCE_FAILED`, `MODEL_INVALID`
   */
  embed(texts: readonly TextInput[], role: Role, options?: EmbedOptions): Promise<Float32Array[]>;
}
