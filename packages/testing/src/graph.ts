// Writes small ONNX graphs (onnx.proto), so that tests run the real runtime on arithmetic they can do by hand.

/** Element types of ONNX. */
const TYPES = { float32: 1, uint8: 2, int32: 6, int64: 7, float16: 10 } as const;
type ElementType = keyof typeof TYPES;

const OPSETS = { "": 17, "com.microsoft": 1 } as const;

/** What a graph is made of. */
export interface GraphParts {
  readonly inputs: readonly {
    readonly name: string;
    readonly type: ElementType;
    readonly shape: readonly (number | string)[];
  }[];
  readonly initializers: readonly {
    readonly name: string;
    readonly type: ElementType;
    readonly shape: readonly number[];
    readonly data: ArrayBufferView;
  }[];
  readonly nodes: readonly {
    readonly operator: string;
    /** Empty for an operator of ONNX itself. */
    readonly domain?: "com.microsoft";
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    /** Whole numbers only. */
    readonly attributes?: Readonly<Record<string, number>>;
  }[];
  readonly outputs: readonly {
    readonly name: string;
    readonly type: ElementType;
    readonly shape?: readonly (number | string)[];
  }[];
}

/** The bytes of an `.onnx` file of opset 17. */
export function writeGraph({
  inputs,
  initializers,
  nodes,
  outputs,
}: GraphParts): Uint8Array<ArrayBuffer> {
  const graph = message(
    ...nodes.map((node) =>
      field(
        1,
        message(
          ...node.inputs.map((name) => field(1, name)),
          ...node.outputs.map((name) => field(2, name)),
          field(4, node.operator),
          ...Object.entries(node.attributes ?? {}).map(([name, value]) =>
            field(5, message(field(1, name), field(3, value), field(20, 2))),
          ),
          ...(node.domain ? [field(7, node.domain)] : []),
        ),
      ),
    ),
    field(2, "graph"),
    ...initializers.map(({ name, type, shape, data }) =>
      field(
        5,
        message(
          ...shape.map((extent) => field(1, extent)),
          field(2, TYPES[type]),
          field(8, name),
          field(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
        ),
      ),
    ),
    ...inputs.map(({ name, type, shape }) => field(11, valueInfo(name, type, shape))),
    ...outputs.map(({ name, type, shape }) => field(12, valueInfo(name, type, shape))),
  );
  const opsets = Object.entries(OPSETS).map(([domain, version]) =>
    field(8, message(field(1, domain), field(2, version))),
  );
  return message(field(1, 8), field(7, graph), ...opsets);
}

function valueInfo(name: string, type: ElementType, shape?: readonly (number | string)[]) {
  const dims = (shape ?? []).map((extent) =>
    field(1, message(typeof extent === "number" ? field(1, extent) : field(2, extent))),
  );
  const tensor = message(field(1, TYPES[type]), ...(shape ? [field(2, message(...dims))] : []));
  return message(field(1, name), field(2, message(field(1, tensor))));
}

type Bytes = Uint8Array<ArrayBuffer>;

function message(...fields: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(fields.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of fields) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function field(number: number, value: number | string | Uint8Array): Bytes {
  if (typeof value === "number") return message(varint(number * 8), varint(value));
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return message(varint(number * 8 + 2), varint(bytes.length), bytes.slice());
}

function varint(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Uint8Array.from(bytes);
}

/** Components of a row of {@link lookUpGraph}'s table: all different, of both signs, none large. */
export function tableRow(id: number, width: number): Float32Array {
  return Float32Array.from({ length: width }, (_, j) => Math.sin(id * 1.7 + j * 2.3 + 0.5));
}

/** Size of the table, and what else the graph asks for. */
export interface LookUpOptions {
  readonly rows: number;
  readonly width: number;
  /** Names of inputs beside `input_ids`, which the graph takes and does not look at. */
  readonly inputs?: GraphParts["inputs"];
}

/** A graph whose `last_hidden_state` has a fixed row of a table for each token. */
export function lookUpGraph({ rows, width, inputs = [] }: LookUpOptions): Uint8Array<ArrayBuffer> {
  const table = new Float32Array(rows * width);
  for (let id = 0; id < rows; id++) table.set(tableRow(id, width), id * width);
  return writeGraph({
    inputs: [{ name: "input_ids", type: "int64", shape: ["b", "s"] }, ...inputs],
    initializers: [{ name: "table", type: "float32", shape: [rows, width], data: table }],
    nodes: [
      { operator: "Gather", inputs: ["table", "input_ids"], outputs: ["last_hidden_state"] },
      // ONNX Runtime drops an input that no node takes.
      ...inputs.map(({ name }) => ({
        operator: "Shape",
        inputs: [name],
        outputs: [`${name}_shape`],
      })),
    ],
    outputs: [
      { name: "last_hidden_state", type: "float32" },
      ...inputs.map(({ name }) => ({ name: `${name}_shape`, type: "int64" as const })),
    ],
  });
}
