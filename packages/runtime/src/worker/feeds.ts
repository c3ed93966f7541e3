import { RetrievalError } from "@nearfield/core";

/** An input as the graph declares it. */
export interface GraphInput {
  readonly name: string;
  /** Absent where it is no tensor. */
  readonly type?: string;
  /** Names stand for extents that are open. */
  readonly shape?: readonly (number | string)[];
}

/** Values for one input, row-major. */
export type Feed = { readonly dims: number[] } & (
  | { readonly type: "int32"; readonly data: Int32Array }
  | { readonly type: "int64"; readonly data: BigInt64Array }
  | { readonly type: "float32"; readonly data: Float32Array }
  | { readonly type: "float16"; readonly data: Uint16Array }
);

type Rows = readonly (readonly number[])[];

/**
 * One feed for each input that a graph asks for; text models ask for no others than these.
 * @param rows token ids, padded on the right to the longest of them
 * @param padId masked out, so that any token of the vocabulary would do
 * @throws RetrievalError `MODEL_UNSUPPORTED`
 */
export function makeFeeds(
  inputs: readonly GraphInput[],
  rows: Rows,
  padId: number,
): Record<string, Feed> {
  const width = Math.max(...rows.map((row) => row.length));
  const feeds: Record<string, Feed> = {};
  for (const input of inputs) {
    if (input.name.startsWith("past_key_values")) {
      feeds[input.name] = makeEmptyCache(input, rows.length);
      continue;
    }
    const fill = FILLS[input.name];
    if (!fill) throw unknown(input);
    const values = new Int32Array(rows.length * width);
    for (const [at, row] of rows.entries()) {
      fill(values.subarray(at * width, (at + 1) * width), row, padId);
    }
    feeds[input.name] = makeIntegers(input, values, [rows.length, width]);
  }
  return feeds;
}

type Fill = (into: Int32Array, row: readonly number[], padId: number) => void;

const FILLS: Readonly<Record<string, Fill>> = {
  input_ids: (into, row, padId) => {
    into.fill(padId, row.length);
    into.set(row);
  },
  attention_mask: (into, row) => into.fill(1, 0, row.length),
  // Padding stands behind the text, so that any legal place will do for it.
  position_ids: (into) => into.forEach((_, at) => (into[at] = at)),
  token_type_ids: () => {},
};

function makeIntegers(input: GraphInput, values: Int32Array, dims: number[]): Feed {
  if (input.type === "int32") return { type: "int32", data: values, dims };
  if (input.type === "int64") {
    return { type: "int64", data: BigInt64Array.from(values, BigInt), dims };
  }
  throw unknown(input);
}

/** Decoder exports want the keys and values of earlier tokens: there are none, so that every open extent is zero. */
function makeEmptyCache(input: GraphInput, rows: number): Feed {
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
    repair: "Choose an export for feature extraction.",
  });
}
