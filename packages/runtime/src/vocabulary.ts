// Reads from a graph how many rows its token table has: a token beyond them fails inside ONNX Runtime on one device, and
// gives a wrong vector on another.

/** Fields of ONNX's protobuf messages (onnx.proto). */
const MODEL = { graph: 7 } as const;
const GRAPH = { node: 1, initializer: 5 } as const;
const NODE = { input: 1, output: 2, operator: 4 } as const;
const TENSOR = { dims: 1, name: 8 } as const;

const INPUT = "input_ids";
/** Operators that look rows up: the table first, then the ids. */
const LOOK_UPS: ReadonlySet<string> = new Set(["Gather", "GatherBlockQuantized"]);
/** Operators that leave ids, or the rows of a table, what they are. */
const SAME_ROWS: ReadonlySet<string> = new Set(["Cast", "Identity", "DequantizeLinear"]);
const SAME_IDS: ReadonlySet<string> = new Set([...SAME_ROWS, "Flatten", "Squeeze", "Unsqueeze"]);

/**
 * Rows of the table in which a graph looks its `input_ids` up; the smallest where there are several. Undefined where that can
 * not be seen from the graph.
 * @param graph bytes of an `.onnx` file
 */
export function readVocabulary(graph: Uint8Array): number | undefined {
  try {
    return findRows(graph);
  } catch {
    // What is no graph is ONNX Runtime's to say.
    return undefined;
  }
}

function findRows(model: Uint8Array): number | undefined {
  const [graph] = fieldsOf(model).get(MODEL.graph) ?? [];
  if (!(graph instanceof Uint8Array)) return undefined;
  const fields = fieldsOf(graph);
  const rows = new Map<string, number>();
  for (const tensor of messagesOf(fields, GRAPH.initializer)) {
    const [extent] = (tensor.get(TENSOR.dims) ?? []).flatMap(numbersOf);
    const name = textOf(tensor.get(TENSOR.name)?.[0]);
    if (extent !== undefined) rows.set(name, extent);
  }
  const ids = new Set([INPUT]);
  let least: number | undefined;
  for (const node of messagesOf(fields, GRAPH.node)) {
    const operator = textOf(node.get(NODE.operator)?.[0]);
    const [first = "", second = ""] = (node.get(NODE.input) ?? []).map(textOf);
    const output = textOf(node.get(NODE.output)?.[0]);
    if (SAME_IDS.has(operator) && ids.has(first)) ids.add(output);
    const table = rows.get(first);
    if (table === undefined) continue;
    if (SAME_ROWS.has(operator)) rows.set(output, table);
    if (LOOK_UPS.has(operator) && ids.has(second)) least = Math.min(least ?? table, table);
  }
  return least;
}

type Value = bigint | Uint8Array;
type Message = ReadonlyMap<number, readonly Value[]>;

function messagesOf(fields: Message, field: number): Message[] {
  return (fields.get(field) ?? []).flatMap((value) =>
    value instanceof Uint8Array ? [fieldsOf(value)] : [],
  );
}

/** All fields of a message, by number: varints as numbers, what has a length as a view of its bytes. */
function fieldsOf(message: Uint8Array): Message {
  const fields = new Map<number, Value[]>();
  const reader = new Reader(message);
  while (!reader.isDone) {
    const tag = Number(reader.varint());
    const value = reader.value(tag & 7);
    const field = tag >>> 3;
    const met = fields.get(field);
    if (met) met.push(value);
    else fields.set(field, [value]);
  }
  return fields;
}

/** Numbers of a repeated field, each by itself or packed. */
function numbersOf(value: Value): number[] {
  if (typeof value === "bigint") return [Number(value)];
  const numbers: number[] = [];
  for (const reader = new Reader(value); !reader.isDone;) numbers.push(Number(reader.varint()));
  return numbers;
}

function textOf(value: Value | undefined): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : "";
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError("a number ends too early");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  /** @param wire 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes */
  value(wire: number): Value {
    if (wire === 0) return this.varint();
    const length = wire === 2 ? Number(this.varint()) : wire === 1 ? 8 : wire === 5 ? 4 : NaN;
    const start = this.#at;
    this.#at += length;
    if (!(this.#at <= this.#bytes.length)) throw new RangeError("a field ends too early");
    return this.#bytes.subarray(start, this.#at);
  }
}
