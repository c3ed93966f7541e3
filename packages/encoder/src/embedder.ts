import type { Role } from "@nearfield/core";

export interface EmbedOptions {
  /** Looked at between two batches. */
  readonly signal?: AbortSignal | undefined;
  /** Takes the place of `{instruction}` in the card's prompt. */
  readonly instruction?: string | undefined;
  /** Called after each batch with the number of texts done so far. */
  readonly onBatch?: ((done: number) => void) | undefined;
}

/** A loaded model inside its worker: what splitting and ingesting may ask of it. */
export interface Embedder {
  /** Length of each vector. */
  readonly dimensions: number;
  /** Tokens that a document's passage may have, prompt and special tokens already taken off. */
  readonly maxTokens: number;
  /** Tokens of `text` alone, without prompt and special tokens. */
  countTokens(text: string): number;
  /**
   * One vector of unit length for each text, in their order. Longer texts are cut. Batches of several callers take
   * turns.
   * @throws RetrievalError `ABORTED`, `DEVICE_LOST`, `EMBEDDING_INVALID`, `INFERENCE_FAILED`
   */
  embed(texts: readonly string[], role: Role, options?: EmbedOptions): Promise<Float32Array[]>;
}
