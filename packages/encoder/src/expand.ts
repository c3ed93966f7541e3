import { RetrievalError } from "@nearfield/core";

/** Where one tensor's codes lie and where its int8 weights go; offsets in bytes. */
interface TensorPlan {
  readonly rows: number;
  readonly columns: number;
  /** In the source: two 4-bit codes a byte, low half first, row by row. */
  readonly codes: number;
  /** In the source: one int8 for each block of a row. */
  readonly multipliers: number;
  /** In the result: int8, column by column. */
  readonly target: number;
}

/** How to make int8 weights from 4-bit codes: weight = (code − 8) × multiplier of its block. */
export interface ExpansionPlan {
  /** Length of the result. */
  readonly bytes: number;
  /** Of the result; checked by tests, not at each start. */
  readonly sha256: string;
  /** Weights of a row that share a multiplier. */
  readonly block: number;
  readonly tensors: readonly TensorPlan[];
}

/** A code between 0 and 15 stands for a weight between -8 and 7. */
const ZERO_CODE = 8;

/**
 * Makes the int8 tensors of a WASM graph from the codes that are shipped: half the bytes to download, and the graph
 * starts as fast as if they had been int8. (Letting the graph do this costs ONNX Runtime about a second at each start.)
 *
 * @param source the file that holds codes and multipliers
 * @throws RetrievalError `MODEL_UNSUPPORTED` where the plan does not fit `source`
 */
export function expandWeights(
  source: Uint8Array<ArrayBuffer>,
  plan: ExpansionPlan,
): Uint8Array<ArrayBuffer> {
  const out = new Int8Array(plan.bytes);
  const signed = new Int8Array(source.buffer, source.byteOffset, source.byteLength);
  for (const tensor of plan.tensors) expandTensor(source, signed, out, tensor, plan.block);
  return new Uint8Array(out.buffer);
}

function expandTensor(
  source: Uint8Array,
  signed: Int8Array,
  out: Int8Array,
  { rows, columns, codes, multipliers, target }: TensorPlan,
  block: number,
): void {
  const blocks = columns / block;
  if (
    !Number.isInteger(blocks) ||
    block % 2 !== 0 ||
    codes + (rows * columns) / 2 > source.length ||
    multipliers + rows * blocks > source.length ||
    target + rows * columns > out.length
  ) {
    throw new RetrievalError("MODEL_UNSUPPORTED", "the plan for expanding weights does not fit", {
      repair: "Use the plan that was made with these weights.",
    });
  }
  let from = codes;
  for (let row = 0; row < rows; row++) {
    // The result is transposed: neighbours in a row are `rows` bytes apart.
    let to = target + row;
    for (let at = 0; at < blocks; at++) {
      const multiplier = signed[multipliers + row * blocks + at] as number;
      for (let pair = 0; pair < block / 2; pair++) {
        const byte = source[from++] as number;
        out[to] = ((byte & 15) - ZERO_CODE) * multiplier;
        out[to + rows] = ((byte >> 4) - ZERO_CODE) * multiplier;
        to += 2 * rows;
      }
    }
  }
}
