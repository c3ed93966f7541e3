// One layer of a decoder in its real size, with random weights: what a large model does over and over. The toy's layers are so small
// that other work weighs as much.
import { writeGraph, type GraphParts } from "@nearfield/testing/graph";

/** Layers of Qwen3-Reranker-0.6B have this shape; it has 28 of them. */
const SHAPE = { hidden: 1024, heads: 16, keyHeads: 8, headWidth: 128, inner: 3072 } as const;
const POSITIONS = 512;
const ROTARY_BASE = 1_000_000;
/** Of `MatMulNBits`: weights that share a scale. */
const BLOCK = 32;
const INT32 = 6;

export type Weights = "fp32" | "q4";

type Node = GraphParts["nodes"][number];
type Initializer = GraphParts["initializers"][number];

/** A causal language model of one layer, with `GroupQueryAttention`, a cache and logits. */
export function writeLayer(vocabulary: number, weights: Weights): Uint8Array<ArrayBuffer> {
  const { hidden, heads, keyHeads, headWidth, inner } = SHAPE;
  const graph = new Graph(weights);
  const embedded = graph.add("Gather", [graph.floats([vocabulary, hidden], 1), "input_ids"]);
  const tokens = graph.add("ReduceSum", ["attention_mask", graph.integers(1)], {
    keepdims: 0,
  });
  const last = graph.add("Sub", [graph.add("Cast", [tokens], { to: INT32 }), graph.int32(1)]);
  const extent = graph.add("Gather", [graph.add("Shape", ["attention_mask"]), graph.scalar(1)]);
  const total = graph.add("Cast", [extent], { to: INT32 });
  const before = graph.norm(embedded, hidden);
  const q = graph.headNorm(graph.linear(before, hidden, heads * headWidth), heads, headWidth);
  const k = graph.headNorm(graph.linear(before, hidden, keyHeads * headWidth), keyHeads, headWidth);
  const v = graph.linear(before, hidden, keyHeads * headWidth);
  graph.nodes.push({
    operator: "GroupQueryAttention",
    domain: "com.microsoft",
    inputs: [q, k, v, ...PAST, last, total, graph.angles(Math.cos), graph.angles(Math.sin)],
    outputs: ["attended", ...PRESENT],
    attributes: { num_heads: heads, kv_num_heads: keyHeads, do_rotary: 1 },
  });
  const middle = graph.add("Add", [embedded, graph.linear("attended", heads * headWidth, hidden)]);
  const inside = graph.norm(middle, hidden);
  const gate = graph.linear(inside, hidden, inner);
  const opened = graph.add("Mul", [gate, graph.add("Sigmoid", [gate])]);
  const product = graph.add("Mul", [opened, graph.linear(inside, hidden, inner)]);
  const after = graph.add("Add", [middle, graph.linear(product, inner, hidden)]);
  const logits = graph.linear(graph.norm(after, hidden), hidden, vocabulary);
  graph.nodes.push({ operator: "Identity", inputs: [logits], outputs: ["logits"] });
  const cache = (name: string, tokenAxis: string) => ({
    name,
    type: "float32" as const,
    shape: ["rows", keyHeads, tokenAxis, headWidth],
  });
  return writeGraph({
    inputs: [
      { name: "input_ids", type: "int64", shape: ["rows", "tokens"] },
      { name: "attention_mask", type: "int64", shape: ["rows", "all"] },
      ...PAST.map((name) => cache(name, "past")),
    ],
    initializers: graph.initializers,
    nodes: graph.nodes,
    outputs: [
      { name: "logits", type: "float32", shape: ["rows", "tokens", vocabulary] },
      ...PRESENT.map((name) => cache(name, "all")),
    ],
  });
}

const PAST = ["past_key_values.0.key", "past_key_values.0.value"] as const;
const PRESENT = ["present.0.key", "present.0.value"] as const;

/** Nodes and weights as they come together. */
class Graph {
  readonly nodes: Node[] = [];
  readonly initializers: Initializer[] = [];
  readonly #weights: Weights;
  #names = 0;
  #state = 1;

  constructor(weights: Weights) {
    this.#weights = weights;
  }

  add(operator: string, inputs: readonly string[], attributes?: Node["attributes"]): string {
    const output = this.#name();
    this.nodes.push({ operator, inputs, outputs: [output], ...(attributes && { attributes }) });
    return output;
  }

  /** `[…, from]` to `[…, to]`. */
  linear(input: string, from: number, to: number): string {
    // So large that a vector keeps its length, about.
    const scale = 1 / Math.sqrt(from);
    if (this.#weights === "fp32") {
      return this.add("MatMul", [input, this.floats([from, to], scale)]);
    }
    const blocks = from / BLOCK;
    const packed = this.#keep("uint8", [to, blocks, BLOCK / 2], this.#bytes((to * from) / 2));
    const scales = this.#keep(
      "float32",
      [to * blocks],
      new Float32Array(to * blocks).fill(scale / 4),
    );
    const output = this.#name();
    const attributes = { K: from, N: to, bits: 4, block_size: BLOCK, accuracy_level: 4 };
    const inputs = [input, packed, scales];
    const domain = "com.microsoft";
    this.nodes.push({ operator: "MatMulNBits", domain, inputs, outputs: [output], attributes });
    return output;
  }

  norm(input: string, width: number): string {
    const gain = this.#keep("float32", [width], new Float32Array(width).fill(1));
    return this.add("SimplifiedLayerNormalization", [input, gain]);
  }

  headNorm(input: string, heads: number, width: number): string {
    const parted = this.add("Reshape", [input, this.integers(0, 0, heads, width)]);
    const whole = this.integers(0, 0, heads * width);
    return this.add("Reshape", [this.norm(parted, width), whole]);
  }

  angles(of: (angle: number) => number): string {
    const half = SHAPE.headWidth / 2;
    const table = Float32Array.from({ length: POSITIONS * half }, (_, at) =>
      of(Math.floor(at / half) / ROTARY_BASE ** ((at % half) / half)),
    );
    return this.#keep("float32", [POSITIONS, half], table);
  }

  floats(shape: readonly number[], scale: number): string {
    const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
    // The sum of two evenly spread numbers is near enough to a bell; its variance is 1.
    for (let at = 0; at < values.length; at++) {
      values[at] = (this.#random() + this.#random() - 1) * Math.sqrt(6) * scale;
    }
    return this.#keep("float32", shape, values);
  }

  integers(...values: readonly number[]): string {
    return this.#keep("int64", [values.length], BigInt64Array.from(values, BigInt));
  }

  scalar(value: number): string {
    return this.#keep("int64", [], BigInt64Array.of(BigInt(value)));
  }

  int32(value: number): string {
    return this.#keep("int32", [], Int32Array.of(value));
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random() * 256);
  }

  #keep(type: Initializer["type"], shape: readonly number[], data: ArrayBufferView): string {
    const name = this.#name();
    this.initializers.push({ name, type, shape, data });
    return name;
  }

  #name(): string {
    return `t${this.#names++}`;
  }

  /** Between 0 and 1, and the same each time: a linear congruential generator (Numerical Recipes). */
  #random(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }
}
