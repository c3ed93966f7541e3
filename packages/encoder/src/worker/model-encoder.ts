import { RetrievalError, type Device, type ModelCard, type Role } from "@nearfield/core";
import { planBatches, type BatchLimits } from "@nearfield/runtime";
import { nextTask, type Runtime, type Tokenizer } from "@nearfield/runtime/worker";
import type { Embedder, EmbedOptions, TextInput } from "../embedder.ts";
import type { Head } from "../head.ts";
import { finish, pool } from "../pooling.ts";
import { promptOf, titlePromptOf } from "../prompt.ts";

/**
 * About half a second of work on one WASM thread: a larger batch is not faster there, and a waiting query or an abort
 * gets its turn only between two batches.
 */
const BATCH = { tokens: 1024, rows: 32 } as const;

const LIMITS: Readonly<Record<Device, BatchLimits>> = {
  // Padding changes the order in which floats are summed, and int8 arithmetic rounds the difference up: a cosine of
  // 0.9996 to the same text alone was met. Without padding the vector of a text is the same, bit for bit, whatever was
  // beside it; batches are up to a fifth faster at most on this device.
  wasm: { ...BATCH, padding: false },
  webgpu: { ...BATCH, padding: true },
};

/** A run for each row. */
const ALONE: BatchLimits = { ...BATCH, rows: 1, padding: false };

export interface ModelEncoderOptions {
  readonly card: ModelCard;
  readonly device: Device;
  /** Length of the vectors to give where a call does not say. */
  readonly dimensions: number;
  readonly tokenizer: Tokenizer;
  readonly runtime: Runtime;
  readonly head: Head;
  /** Whether the graph rounds a row by what else is in its batch; see `mixesRows`. Each text then runs alone. */
  readonly isMixing: boolean;
}

/** A text as the graph takes it. */
interface Row {
  readonly ids: readonly number[];
  /** Tokens at the start that are not pooled. */
  readonly skip: number;
}

/** Text to vectors with one loaded graph: prompt, tokens, batches, run, pooling, head, cut, unit length. */
export class ModelEncoder implements Embedder {
  readonly dimensions: number;
  readonly maxTokens: number;
  readonly takesTitles: boolean;
  readonly #card: ModelCard;
  readonly #limits: BatchLimits;
  readonly #tokenizer: Tokenizer;
  readonly #runtime: Runtime;
  readonly #head: Head;

  constructor(options: ModelEncoderOptions) {
    const { card, device, dimensions, tokenizer, runtime, head, isMixing } = options;
    this.#card = card;
    this.#limits = isMixing ? ALONE : LIMITS[device];
    this.#tokenizer = tokenizer;
    this.#runtime = runtime;
    this.#head = head;
    this.dimensions = dimensions;
    this.takesTitles = card.titlePrompt !== undefined;
    this.maxTokens = this.#roomBehind(promptOf(card, "document"));
  }

  countTokens(text: string): number {
    return this.#tokenizer.count(text);
  }

  /** See `Tokenizer.unknownShare`. */
  unknownShare(text: string): number {
    return this.#tokenizer.unknownShare(text);
  }

  maxTokensBelow(title: string): number {
    return this.#roomBehind(titlePromptOf(this.#card, title) ?? promptOf(this.#card, "document"));
  }

  async embed(
    texts: readonly TextInput[],
    role: Role,
    { signal, instruction, dimensions = this.dimensions, titles, onBatch }: EmbedOptions = {},
  ): Promise<Float32Array[]> {
    const prompt = promptOf(this.#card, role, instruction);
    const skip = this.#countLeftOut(prompt);
    const rows = texts.map((text, at): Row => {
      if (typeof text !== "string") {
        return { ids: this.#tokenizer.frame(text, this.#card.maxTokens), skip: 0 };
      }
      const title = titles?.[at] ?? null;
      const own = title === null ? undefined : titlePromptOf(this.#card, title);
      return own === undefined
        ? this.#tokenize(prompt, text, skip)
        : this.#tokenize(own, text, this.#countLeftOut(own));
    });
    const lengths = rows.map(({ ids }) => ids.length);
    const vectors = Array.from<Float32Array>({ length: rows.length });
    let done = 0;
    for (const batch of planBatches(lengths, this.#limits)) {
      // ONNX Runtime answers within one task: without this, no message could be heard between two batches.
      await nextTask();
      if (signal?.aborted) throw new RetrievalError("ABORTED", "the caller gave up encoding");
      const states = await this.#encodeRows(batch.map((row) => rows[row] as Row));
      for (const [at, row] of batch.entries()) {
        vectors[row] = this.#finish(states[at] as Float32Array, dimensions);
      }
      done += batch.length;
      onBatch?.(done);
    }
    return vectors;
  }

  /** Vectors at the card's full dimensions for texts without a prompt, all in one batch where texts ever share one. */
  async encodeBatch(texts: readonly string[]): Promise<Float32Array[]> {
    const rows = texts.map((text) => this.#tokenize("", text, 0));
    const vectors: Float32Array[] = [];
    const batches = this.#limits === ALONE ? rows.map((row) => [row]) : [rows];
    for (const batch of batches) vectors.push(...(await this.#encodeRows(batch)));
    return vectors.map((vector) => this.#finish(vector, this.#card.dimensions));
  }

  #tokenize(prompt: string, text: string, skip: number): Row {
    return { ids: this.#tokenizer.encode(prompt + text, this.#card.maxTokens), skip };
  }

  /** As sentence-transformers counts: the prompt by itself, with the special tokens before it; nothing without a prompt. */
  #countLeftOut(prompt: string): number {
    if (this.#card.includePrompt !== false || prompt === "") return 0;
    return this.#tokenizer.openingTokens + this.#tokenizer.count(prompt);
  }

  #roomBehind(prompt: string): number {
    const { specialTokens } = this.#tokenizer;
    return Math.max(1, this.#card.maxTokens - specialTokens - this.#tokenizer.count(prompt));
  }

  async #encodeRows(rows: readonly Row[]): Promise<Float32Array[]> {
    const output = await this.#runtime.run(rows.map(({ ids }) => ids));
    const pooled = pool(
      output,
      rows.map(({ ids, skip }) => ({ length: ids.length, skip })),
      {
        pooling: this.#card.pooling,
        width: this.#card.hiddenSize ?? this.#card.dimensions,
        tokens: (states) => this.#head.tokens(states),
      },
    );
    return pooled.map((vector) => this.#head.pooled(vector));
  }

  #finish(vector: Float32Array, dimensions: number): Float32Array {
    return finish(vector, dimensions, this.#card.normalize);
  }
}
