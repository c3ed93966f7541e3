import { RetrievalError } from "@nearfield/core";

/** One tensor of a safetensors file. */
export interface TensorEntry {
  /** As the format names it: `F32`, `F16`, `BF16`, … */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte in the file, and the first one after it. */
  readonly start: number;
  readonly end: number;
}

/** Bytes before the header: its length as a little-endian 64-bit number. */
export const LENGTH_BYTES = 8;
/** The limit of the format's reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * How long the beginning of a file is that has the whole header in it.
 * @param head at least its first 8 bytes
 * @throws RetrievalError `MODEL_INVALID`
 */
export function measureHeader(head: Uint8Array): number {
  if (head.length < LENGTH_BYTES) throw invalid("it is shorter than 8 bytes", head.length);
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) throw invalid("its header is too long", length);
  return LENGTH_BYTES + Number(length);
}

/**
 * Reads the header of a safetensors file: which tensors there are and where they lie.
 * @param bytes the file, or its beginning as far as {@link measureHeader} says
 * @throws RetrievalError `MODEL_INVALID`
 */
export function readTensorIndex(bytes: Uint8Array): ReadonlyMap<string, TensorEntry> {
  const dataStart = measureHeader(bytes);
  if (bytes.length < dataStart) throw invalid("its header is cut off", bytes.length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(LENGTH_BYTES, dataStart)));
  } catch (thrown) {
    throw invalid("its header is not JSON", undefined, thrown);
  }
  if (typeof header !== "object" || header === null) throw invalid("its header is empty", header);
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  return new Map(entries.map(([name, entry]) => [name, readEntry(name, entry, dataStart)]));
}

/** Bytes of one number, for the formats that weights of layers come in. */
const NUMBER_BYTES: Readonly<Record<string, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2 };

function readEntry(name: string, entry: unknown, dataStart: number): TensorEntry {
  const {
    dtype,
    shape,
    data_offsets: offsets,
  } = (entry ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof dtype !== "string" || !isCounts(shape) || !isCounts(offsets)) {
    throw invalid("an entry of its header is incomplete", name);
  }
  const [start, end] = offsets as readonly [number, number];
  const size = NUMBER_BYTES[dtype];
  const wanted = size === undefined ? end - start : shape.reduce((a, b) => a * b, size);
  if (offsets.length !== 2 || end - start !== wanted) {
    throw invalid("a tensor's place does not have the size of its shape", name);
  }
  return { dtype, shape, start: dataStart + start, end: dataStart + end };
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
}

function invalid(problem: string, value: unknown, cause?: unknown): RetrievalError {
  return new RetrievalError("MODEL_INVALID", `a safetensors file can not be read: ${problem}`, {
    value,
    repair: "Check that the file is whole.",
    cause,
  });
}
