// From rows of token ids to the inputs that a text model's graph asks for, and from its outputs to floats.
import { RetrievalError } from "@nearfield/core";
import { decodeFloat16 } from "../float16.ts";
import type { GraphInput, GraphOutput, Tensor } from "../graph.ts";

type Rows = readonly (readonly number[])[];

/** What a causal graph remembers of the tokens before: `[rows, heads, tokens, head dimensions]`, by the name of the input. */
export interface Past {
  readonly tokens: number;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** What only some models need besides the rows. */
export interface FeedOptions {
  /** For pairs of texts: which of the two each token belongs to. Default 0. */
  readonly types?: Rows | undefined;
  /**
   * False for a causal graph that is asked for real tokens only: they never see what is on their right, and kernels that
   * count the tokens of a row from its mask stay right behind a cache. Default true.
   */
  readonly masked?: boolean | undefined;
  readonly past?: Past | undefined;
  /** At how many of the last positions logits are wanted, where the graph can be told. Default all, which is 0. */
  readonly lastLogits?: number | undefined;
}

/** The beginning of the names of inputs that take the keys and values of earlier tokens. */
export const PAST = "past_key_values";
/** Names that exports have for the number of positions to compute logits at. */
const LAST_LOGITS: readonly string[] = ["num_logits_to_keep", "logits_to_keep"];

/** Whether the graph can be told at how many positions it shall compute logits. */
export function keepsLastLogits(inputs: readonly GraphInput[]): boolean {
  return inputs.some(({ name }) => LAST_LOGITS.includes(name));
}

/**
 * One tensor for each input that a graph asks for; text models ask for no others than these.
 * @param rows token ids, padded on the right to the longest of them
 * @param padId masked out, so that any token of the vocabulary would do
 * @throws RetrievalError `MODEL_UNSUPPORTED`
 */
export function makeFeeds(
  inputs: readonly GraphInput[],
  rows: Rows,
  padId: number,
  { types, masked = true, past, lastLogits = 0 }: FeedOptions = {},
): Record<string, Tensor> {
  const before = past?.tokens ?? 0;
  const width = Math.max(...rows.map((row) => row.length));
  const feeds: Record<string, Tensor> = {};
  for (const input of inputs) {
    const { name } = input;
    if (name.startsWith(PAST)) {
      feeds[name] = past?.tensors.get(name) ?? makeEmptyCache(input, rows.length);
      continue;
    }
    if (LAST_LOGITS.includes(name)) {
      feeds[name] = makeIntegers(input, Int32Array.of(lastLogits), input.shape?.length ? [1] : []);
      continue;
    }
    const fill = FILLS[name];
    if (!fill) throw unknown(input);
    const extent = name === "attention_mask" ? before + width : width;
    const values = new Int32Array(rows.length * extent);
    for (const [at, row] of rows.entries()) {
      const place = { row, types: types?.[at] ?? [], padId, before, masked };
      fill(values.subarray(at * extent, (at + 1) * extent), place);
    }
    feeds[name] = makeIntegers(input, values, [rows.length, extent]);
  }
  return feeds;
}

interface Place {
  readonly row: readonly number[];
  readonly types: readonly number[];
  readonly padId: number;
  readonly before: number;
  readonly masked: boolean;
}

type Fill = (into: Int32Array, place: Place) => void;

const FILLS: Readonly<Record<string, Fill>> = {
  input_ids: (into, { row, padId }) => {
    into.fill(padId, row.length);
    into.set(row);
  },
  attention_mask: (into, { row, before, masked }) =>
    into.fill(1, 0, masked ? before + row.length : into.length),
  // Padding stands behind the text, so that any legal place will do for it.
  position_ids: (into, { before }) => into.forEach((_, at) => (into[at] = before + at)),
  token_type_ids: (into, { types }) => into.set(types),
};

function makeIntegers(input: GraphInput, values: Int32Array, dims: readonly number[]): Tensor {
  if (input.type === "int32") return { type: "int32", data: values, dims };
  if (input.type === "int64") {
    return { type: "int64", data: BigInt64Array.from(values, BigInt), dims };
  }
  throw unknown(input);
}

/** Decoder exports want the keys and values of earlier tokens: there are none, so that every open extent is zero. */
function makeEmptyCache(input: GraphInput, rows: number): Tensor {
  const dims = (input.shape ?? []).map((extent, axis) =>
    axis === 0 ? rows : typeof extent === "number" && extent >= 0 ? extent : 0,
  );
  if (dims.includes(0)) {
    if (input.type === "float32") return { type: "float32", data: new Float32Array(0), dims };
    if (input.type === "float16") return { type: "float16", data: new Uint16Array(0), dims };
  }
  throw unknown(input);
}

function unknown({ name, type = "no tensor", shape = [] }: GraphInput): RetrievalError {
  return new RetrievalError("MODEL_UNSUPPORTED", "the graph has an input of unknown meaning", {
    value: `${name}: ${type} ${shape.join(" × ")}`.trim(),
    repair: "Choose another export of the model.",
  });
}

/**
 * Refuses a token that is beyond the graph's table: ONNX Runtime would fail for good on one device, and look up another row
 * on the other.
 * @param vocabulary rows of the token table; undefined where they are not known
 * @throws RetrievalError `MODEL_INVALID`
 */
export function checkTokens(rows: Rows, vocabulary: number | undefined): void {
  if (vocabulary === undefined) return;
  for (const row of rows) {
    for (const id of row) {
      if (id < vocabulary) continue;
      throw new RetrievalError(
        "MODEL_INVALID",
        "the tokenizer gives a token that the graph lacks",
        {
          value: `${id}, the graph has ${vocabulary}`,
          repair: "Use the tokenizer and the graph of one model.",
        },
      );
    }
  }
}

/**
 * Float32 values of an output.
 * @throws RetrievalError `MODEL_UNSUPPORTED` where it is not of numbers
 */
export function readFloats(tensor: Tensor | undefined, name: string): GraphOutput {
  if (tensor?.type === "float32") return { data: tensor.data, shape: tensor.dims };
  if (tensor?.type === "float16") {
    const { data } = tensor;
    const floats =
      data instanceof Uint16Array ? decodeFloat16(data) : Float32Array.from(data as never);
    return { data: floats, shape: tensor.dims };
  }
  throw new RetrievalError("MODEL_UNSUPPORTED", `the graph's output "${name}" is not of numbers`, {
    value: tensor?.type,
    repair: "Correct the output of the model card.",
  });
}
