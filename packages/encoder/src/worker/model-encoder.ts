import { RetrievalError, type Device, type ModelCard, type Role } from "@nearfield/core";
import type { Runtime, Tokenizer } from "@nearfield/runtime/worker";
import { planBatches, type BatchLimits } from "../batch.ts";
import type { Embedder, EmbedOptions } from "../embedder.ts";
import { finish, pool } from "../pooling.ts";
import { promptOf } from "../prompt.ts";

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

export interface ModelEncoderOptions {
  readonly card: ModelCard;
  readonly device: Device;
  /** Length of the vectors to give. */
  readonly dimensions: number;
  readonly tokenizer: Tokenizer;
  readonly runtime: Runtime;
}

/** Text to vectors with one loaded graph: prompt, tokens, batches, run, pooling, cut, unit length. */
export class ModelEncoder implements Embedder {
  readonly dimensions: number;
  readonly maxTokens: number;
  readonly #card: ModelCard;
  readonly #limits: BatchLimits;
  readonly #tokenizer: Tokenizer;
  readonly #runtime: Runtime;

  constructor({ card, device, dimensions, tokenizer, runtime }: ModelEncoderOptions) {
    this.#card = card;
    this.#limits = LIMITS[device];
    this.#tokenizer = tokenizer;
    this.#runtime = runtime;
    this.dimensions = dimensions;
    const prompt = tokenizer.count(promptOf(card, "document"));
    this.maxTokens = card.maxTokens - tokenizer.specialTokens - prompt;
  }

  countTokens(text: string): number {
    return this.#tokenizer.count(text);
  }

  async embed(
    texts: readonly string[],
    role: Role,
    { signal, instruction, onBatch }: EmbedOptions = {},
  ): Promise<Float32Array[]> {
    const prompt = promptOf(this.#card, role, instruction);
    const rows = texts.map((text) => this.#tokenizer.encode(prompt + text, this.#card.maxTokens));
    const lengths = rows.map((row) => row.length);
    const vectors = Array.from<Float32Array>({ length: rows.length });
    let done = 0;
    for (const batch of planBatches(lengths, this.#limits)) {
      // ONNX Runtime answers within one task: without this, no message could be heard between two batches.
      await nextTask();
      if (signal?.aborted) throw new RetrievalError("ABORTED", "the caller gave up encoding");
      const states = await this.#encodeRows(batch.map((row) => rows[row] as readonly number[]));
      for (const [at, row] of batch.entries()) {
        vectors[row] = finish(states[at] as Float32Array, this.dimensions);
      }
      done += batch.length;
      onBatch?.(done);
    }
    return vectors;
  }

  /** Vectors at the card's full dimensions for texts without a prompt, all in one batch. */
  async encodeBatch(texts: readonly string[]): Promise<Float32Array[]> {
    const rows = texts.map((text) => this.#tokenizer.encode(text, this.#card.maxTokens));
    const vectors = await this.#encodeRows(rows);
    return vectors.map((vector) => finish(vector, this.#card.dimensions));
  }

  async #encodeRows(rows: readonly (readonly number[])[]): Promise<Float32Array[]> {
    const output = await this.#runtime.run(rows);
    const lengths = rows.map((row) => row.length);
    return pool(output, lengths, this.#card.pooling, this.#card.dimensions);
  }
}

const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();

/** Lets messages that wait be handled. A timer would cost four milliseconds. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(null);
  });
}
