import { RetrievalError } from "@nearfield/core";
import type { Tensor } from "../graph.ts";
import { checkTokens, keepsLastLogits, makeFeeds, PAST, readFloats, type Past } from "./feeds.ts";
import type { Session } from "./session.ts";

type Row = readonly number[];

/** Keys and values of one row's tokens, for whatever comes after them. */
export type Cache = Past;

/** A causal language model with its logits. Source of the layout: the decoder exports for transformers.js. */
export class Decoder {
  readonly #session: Session;
  readonly #padId: number;
  /** A cache as it was last put side by side for several rows: batches after one another mostly have as many. */
  readonly #repeated = new WeakMap<Cache, { readonly rows: number; readonly cache: Cache }>();
  /** Names of the outputs with keys and values, by the name of the input that takes each. */
  readonly #present: ReadonlyMap<string, string>;
  /** Whether the graph can be told to compute logits at the last positions only. */
  readonly keepsLast: boolean;
  /** Tokens that there is a logit for. */
  readonly vocabulary: number;

  /** @throws RetrievalError `MODEL_INVALID` where the graph has no output `logits` */
  constructor(session: Session, padId: number) {
    const outputs = session.outputs.map(({ name }) => name);
    const logits = session.outputs.find(({ name }) => name === LOGITS);
    if (!logits) {
      throw new RetrievalError("MODEL_INVALID", "the graph has no logits", {
        value: outputs.join(", "),
        repair: "Choose an export for text generation.",
      });
    }
    const past = session.inputs.map(({ name }) => name).filter((name) => name.startsWith(PAST));
    const present = past.map((name) => [name, name.replace(PAST, "present")] as const);
    this.#session = session;
    this.#padId = padId;
    this.#present = new Map(present.filter(([, name]) => outputs.includes(name)));
    this.keepsLast = keepsLastLogits(session.inputs);
    this.vocabulary = Number(logits.shape?.at(-1)) || USUAL_VOCABULARY;
  }

  /** Whether it can go on from a cache. */
  get caches(): boolean {
    return this.#present.size > 0;
  }

  /**
   * Reads one row of tokens and remembers them.
   * @throws RetrievalError `DEVICE_LOST`, `INFERENCE_FAILED`
   */
  async read(row: Row, past?: Cache): Promise<Cache> {
    const outputs = await this.#run([row], past, 1, [...this.#present.values()]);
    return this.#cacheOf(outputs, row, past);
  }

  /**
   * Reads one row of tokens and gives what may come next, too.
   * @returns logits, one for each token of the vocabulary
   * @throws RetrievalError `DEVICE_LOST`, `INFERENCE_FAILED`
   */
  async next(
    row: Row,
    past?: Cache,
  ): Promise<{ readonly logits: Float32Array; readonly cache: Cache }> {
    const outputs = await this.#run([row], past, 1, [LOGITS, ...this.#present.values()]);
    const [logits] = lastOf(outputs, [row]);
    return { logits: logits as Float32Array, cache: this.#cacheOf(outputs, row, past) };
  }

  /**
   * The logits behind each of several rows; without a cache, or all behind the same one. Rows are padded on the right, and
   * no real token sees that.
   * @throws RetrievalError `DEVICE_LOST`, `INFERENCE_FAILED`
   */
  async last(rows: readonly Row[], past?: Cache): Promise<Float32Array[]> {
    const lengths = rows.map((row) => row.length);
    const kept = Math.max(...lengths) - Math.min(...lengths) + 1;
    const repeated = past && this.#repeat(past, rows.length);
    return lastOf(await this.#run(rows, repeated, kept, [LOGITS]), rows);
  }

  #repeat(past: Cache, rows: number): Cache {
    const last = this.#repeated.get(past);
    if (last?.rows === rows) return last.cache;
    const cache = repeat(past, rows);
    if (rows > 1) this.#repeated.set(past, { rows, cache });
    return cache;
  }

  #run(
    rows: readonly Row[],
    past: Cache | undefined,
    lastLogits: number,
    fetch: readonly string[],
  ) {
    const { inputs, vocabulary } = this.#session;
    // Kept positions are counted from the end of the longest row.
    const options = { masked: false, past, lastLogits: this.keepsLast ? lastLogits : 0 };
    const feeds = () => {
      checkTokens(rows, vocabulary);
      return makeFeeds(inputs, rows, this.#padId, options);
    };
    return this.#session.run(feeds, fetch);
  }

  #cacheOf(outputs: Readonly<Record<string, Tensor>>, row: Row, past: Cache | undefined): Cache {
    const tensors = [...this.#present].map(
      ([input, output]) => [input, outputs[output] as Tensor] as const,
    );
    return { tokens: (past?.tokens ?? 0) + row.length, tensors: new Map(tensors) };
  }
}

const LOGITS = "logits";
/** Where the graph does not say: a large one, since memory is planned by it. */
const USUAL_VOCABULARY = 152_000;

/** The logits behind the last real token of each row. The graph gives all positions, or only the last few. */
function lastOf(outputs: Readonly<Record<string, Tensor>>, rows: readonly Row[]): Float32Array[] {
  const { data, shape } = readFloats(outputs[LOGITS], LOGITS);
  const [, positions = 0, vocabulary = 0] = shape;
  const width = Math.max(...rows.map((row) => row.length));
  return rows.map(({ length }, row) => {
    const at = row * positions + length - 1 - (width - positions);
    return data.slice(at * vocabulary, (at + 1) * vocabulary);
  });
}

/** The same cache for several rows. */
function repeat({ tokens, tensors }: Cache, rows: number): Cache {
  if (rows === 1) return { tokens, tensors };
  const repeated = [...tensors].map(([name, tensor]) => {
    const { buffer, byteOffset, byteLength, constructor } = tensor.data;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    const all = new Uint8Array(bytes.length * rows);
    for (let row = 0; row < rows; row++) all.set(bytes, row * bytes.length);
    const ArrayType = constructor as Float32ArrayConstructor;
    const data = new ArrayType(all.buffer);
    return [
      name,
      { type: tensor.type, data, dims: [rows, ...tensor.dims.slice(1)] } as Tensor,
    ] as const;
  });
  return { tokens, tensors: new Map(repeated) };
}
