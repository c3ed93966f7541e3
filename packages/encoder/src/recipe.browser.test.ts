// Every step of a card in the real worker, with graphs whose states are known: what comes out is compared with arithmetic
// that is written here once more, plainly.
import { norm, type HeadLayer, type ModelCard, type ModelFile } from "@nearfield/core";
import { createTokenizer } from "@nearfield/runtime/worker";
import { fileOf, lookUpGraph, tableRow, writeGraph, type LookUpOptions } from "@nearfield/testing";
import { describe, expect, test } from "vitest";
import { compare } from "./fixtures/compare.ts";
import { openClient } from "./fixtures/open-client.ts";
import { readFolder, readRows, TOYS } from "./fixtures/repository.ts";
import { f32, writeSafetensors, type Tensors } from "./fixtures/safetensors.ts";

const TOWERS = `${TOYS}toy-two-towers/`;
const WIDTH = 4;

const texts = (await (await fetch(`${TOYS}texts.json`)).json()) as string[];
const [towersTokenizer, towersConfig] = (await Promise.all(
  ["tokenizer.json", "tokenizer_config.json"].map(async (name) => {
    const bytes = await (await fetch(`${TOWERS}query_0_Transformer/${name}`)).arrayBuffer();
    return new Uint8Array(bytes);
  }),
)) as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>];
const tokenizer = createTokenizer(towersTokenizer, towersConfig);
const idsOf = (text: string) => tokenizer.encode(text, 64);
/** Rows of the toy's vocabulary. */
const ROWS = 1201;

/** A card on top of a table: the state of a token is its row. */
async function cardOf(
  more: Partial<ModelCard>,
  graph: Partial<LookUpOptions> = {},
): Promise<ModelCard> {
  const bytes = lookUpGraph({ rows: ROWS, width: WIDTH, ...graph });
  return {
    name: "table",
    version: "0",
    licence: "Apache-2.0",
    space: "table",
    dimensions: WIDTH,
    hiddenSize: WIDTH,
    matryoshka: [],
    maxTokens: 64,
    pooling: "mean",
    output: "last_hidden_state",
    prompts: { query: "query: ", document: "" },
    artifacts: { wasm: { graph: await fileOf(bytes), data: [] } },
    tokenizer: await fileOf(towersTokenizer),
    tokenizerConfig: await fileOf(towersConfig),
    knownAnswers: { texts: [], floor: 0.99 },
    ...more,
  };
}

const statesOf = (ids: readonly number[]) => ids.map((id) => [...tableRow(id, WIDTH)]);
const mean = (states: readonly number[][]) =>
  states[0]?.map(
    (_, j) => states.reduce((sum, state) => sum + (state[j] ?? 0), 0) / states.length,
  ) ?? [];
const times = (matrix: readonly number[][], x: readonly number[]) =>
  matrix.map((row) => row.reduce((sum, w, i) => sum + w * (x[i] ?? 0), 0));

function expectSame(vector: Float32Array | undefined, wanted: readonly number[]) {
  expect(vector).toHaveLength(wanted.length);
  const length = norm(Float32Array.from(wanted));
  for (const [j, component] of wanted.entries()) {
    expect(vector?.[j]).toBeCloseTo(component / length, 5);
  }
}

/** A matrix of numbers that are exact in every format: quarters between -2 and 2. */
const matrixOf = (rows: number, columns: number, seed: number) =>
  Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => (((i * 7 + j * 5 + seed * 3) % 17) - 8) / 4),
  );

async function denseOf(
  on: "tokens" | "pooled",
  matrix: readonly number[][],
  tensor: (shape: number[], values: number[]) => Tensors[string],
  more: { readonly bias?: number[]; readonly activation: "gelu" | "tanh" | "identity" },
): Promise<HeadLayer<ModelFile>> {
  const { bias, activation } = more;
  const [outDimensions, inDimensions] = [matrix.length, matrix[0]?.length ?? 0];
  const file = writeSafetensors({
    "linear.weight": tensor([outDimensions, inDimensions], matrix.flat()),
    ...(bias && { "linear.bias": tensor([outDimensions], bias) }),
  });
  const shape = { inDimensions, outDimensions, bias: bias !== undefined, activation };
  return { kind: "dense", on, ...shape, weights: await fileOf(file) };
}

/** Quarters are exact in the upper half of a float32. */
const bf16 = (shape: number[], values: number[]): Tensors[string] => {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return { dtype: "BF16", shape, bits: Uint16Array.from(bits, (whole) => whole >>> 16) };
};

/** Half-precision bits of numbers that half precision has exactly. */
const f16 = (shape: number[], values: number[]): Tensors[string] => ({
  dtype: "F16",
  shape,
  bits: Uint16Array.from(values, (value) => {
    if (value === 0) return 0;
    const exponent = Math.floor(Math.log2(Math.abs(value)));
    const fraction = Math.abs(value) / 2 ** exponent - 1;
    return (value < 0 ? 0x8000 : 0) + ((exponent + 15) << 10) + fraction * 1024;
  }),
});

describe("a head", () => {
  const some = texts.slice(0, 12);

  test("of Dense on tokens, six poolings, LayerNorm and Dense is that of plain arithmetic, alone and in batches", async () => {
    const narrow = matrixOf(3, WIDTH, 1);
    const wide = matrixOf(5, 18, 2);
    const shift = [0.5, -1, 0.25];
    const scale = Array.from({ length: 18 }, (_, j) => 1 + j / 4);
    const norms = {
      "norm.weight": f32([18], scale),
      "norm.bias": f32(
        [18],
        scale.map(() => 0.5),
      ),
    };
    const card = await cardOf({
      dimensions: 5,
      matryoshka: [5, 2],
      pooling: ["cls", "max", "mean", "mean-sqrt-length", "weighted-mean", "last-token"],
      head: [
        await denseOf("tokens", narrow, bf16, { bias: shift, activation: "identity" }),
        {
          kind: "layer-norm",
          on: "pooled",
          epsilon: 1e-5,
          weights: await fileOf(writeSafetensors(norms)),
        },
        await denseOf("pooled", wide, f16, { activation: "tanh" }),
      ],
    });
    const wanted = some.map((text) => {
      const states = statesOf(idsOf(text)).map((x) =>
        times(narrow, x).map((y, j) => y + (shift[j] ?? 0)),
      );
      const most = states.reduce((a, b) => a.map((x, j) => Math.max(x, b[j] ?? 0)));
      const average = mean(states);
      const all = states.flatMap((state, t) => Array.from({ length: t + 1 }, () => state));
      const pooled = [
        ...(states[0] ?? []),
        ...most,
        ...average,
        ...average.map((x) => x * Math.sqrt(states.length)),
        ...mean(all),
        ...(states.at(-1) ?? []),
      ];
      const middle = pooled.reduce((a, b) => a + b) / 18;
      const spread = Math.sqrt(pooled.reduce((sum, x) => sum + (x - middle) ** 2, 0) / 18 + 1e-5);
      const normed = pooled.map((x, j) => ((x - middle) / spread) * (scale[j] ?? 0) + 0.5);
      return times(wide, normed).map(Math.tanh);
    });
    using client = openClient(card);
    const batched = await client.encode(some);
    const [alone] = await client.encode(some.slice(0, 1));
    for (const [row, vector] of batched.entries()) expectSame(vector, wanted[row] ?? []);
    expectSame(alone, wanted[0] ?? []);
    // Another length for one call alone.
    const [cut] = await client.encode(some.slice(0, 1), { dimensions: 2 });
    expectSame(cut, (wanted[0] ?? []).slice(0, 2));
    await expect(client.encode(some, { dimensions: 3 })).rejects.toMatchObject({
      code: "INVALID_OPTION",
    });
  });

  test("without the prompt, with an end token of ours, and without unit length", async () => {
    const matrix = matrixOf(2, WIDTH, 4);
    const card = await cardOf({
      dimensions: 2,
      prompts: { query: "query: ", document: "" },
      includePrompt: false,
      endToken: { text: "[MASK]", appendedBy: "encoder" },
      normalize: false,
      head: [await denseOf("pooled", matrix, f32, { activation: "identity" })],
    });
    const end = tokenizer.encode("[MASK]", 8)[1] as number;
    const opening = 1 + tokenizer.count("query: ");
    const wanted = some.map((text) => {
      const ids = [...idsOf(`query: ${text}`), end];
      return times(matrix, mean(statesOf(ids.slice(opening))));
    });
    using client = openClient(card, { role: "query" });
    for (const [row, vector] of (await client.encode(some)).entries()) {
      for (const [j, component] of (wanted[row] ?? []).entries()) {
        expect(vector[j]).toBeCloseTo(component, 5);
      }
    }
    // No prompt, nothing to leave out.
    const [bare] = await client.encode([some[0] as string], { role: "document" });
    const whole = times(matrix, mean(statesOf([...idsOf(some[0] as string), end])));
    expect([...(bare ?? [])]).toEqual(whole.map((component) => expect.closeTo(component, 5)));
  });
});

describe("a graph", () => {
  test("that has fewer tokens than the tokenizer is told from a run, and goes on to serve", async () => {
    const known = Math.max(...idsOf("x")) + 1;
    using client = openClient(await cardOf({}, { rows: known }));
    const [before] = await client.encode(["x"], { role: "document" });
    const failure = await client.encode([texts[12] as string]).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "MODEL_INVALID" });
    expect(String(failure)).toContain(`the graph has ${known}`);
    expect(await client.encode(["x"], { role: "document" })).toEqual([before]);
    expect(client.status().reasons).toEqual([]);
  });

  test("that has one scale for a whole batch is given one text at a time", async () => {
    // Rows of very different size: beside the large ones the small ones would be rounded to nothing.
    const table = Float32Array.from(
      { length: ROWS * WIDTH },
      (_, at) => Math.sin(at) * (Math.floor(at / WIDTH) < 304 ? 1 : 300),
    );
    const bytes = writeGraph({
      inputs: [{ name: "input_ids", type: "int64", shape: ["b", "s"] }],
      initializers: [{ name: "table", type: "float32", shape: [ROWS, WIDTH], data: table }],
      nodes: [
        { operator: "Gather", inputs: ["table", "input_ids"], outputs: ["states"] },
        {
          operator: "DynamicQuantizeLinear",
          inputs: ["states"],
          outputs: ["steps", "scale", "zero"],
        },
        {
          operator: "DequantizeLinear",
          inputs: ["steps", "scale", "zero"],
          outputs: ["last_hidden_state"],
        },
      ],
      outputs: [{ name: "last_hidden_state", type: "float32" }],
    });
    const rows = Array.from({ length: 8 }, (_, at) => [300 + at, 300 + at]);
    using client = openClient(
      await cardOf({ artifacts: { wasm: { graph: await fileOf(bytes), data: [] } } }),
    );
    const together = await client.encode(rows);
    const alone: Float32Array[] = [];
    for (const row of rows) alone.push(...(await client.encode([row])));
    expect(together).toEqual(alone);
  });

  test("gets position ids and empty caches of every type it asks for, and a million characters in one text", async () => {
    const cache = ["b", 2, "past", 8];
    const inputs = [
      { name: "attention_mask", type: "int64", shape: ["b", "s"] },
      { name: "position_ids", type: "int64", shape: ["b", "s"] },
      { name: "token_type_ids", type: "int32", shape: ["b", "s"] },
      { name: "past_key_values.0.key", type: "float32", shape: cache },
      { name: "past_key_values.0.value", type: "float16", shape: cache },
    ] as const;
    using client = openClient(await cardOf({}, { inputs }));
    const [vector] = await client.encode([texts[0] as string]);
    expectSame(vector, mean(statesOf(idsOf(texts[0] as string))));

    // And while it is there: texts of a million characters are cut before they are read to their end.
    const phrases = [
      "The tide table lists 24 heights. ",
      "x",
      "東京は日本の首都です。",
      "🙂🚲",
      " ",
    ];
    const long = phrases.map((phrase) => phrase.repeat(Math.ceil(1_000_000 / phrase.length)));
    const [sentences, ...endless] = await client.encode(long);
    expectSame(sentences, mean(statesOf(idsOf((long[0] as string).slice(0, 5_000)))));
    for (const [at, vector] of endless.entries()) {
      expectSame(vector, mean(statesOf(idsOf(long[at + 1] as string))));
    }
  });
});

test("two towers from a repository with a Router are right for every text of the reference", async () => {
  const cards = await readFolder(TOWERS, { dtype: "fp32" });
  for (const role of ["query", "document"] as const) {
    const reference = await readRows(`${TOWERS}reference/${role}.f32`, 96);
    using client = openClient(cards[role], { role });
    const { alone, batched } = await compare(client, texts, reference);
    console.log(`two towers on WASM, ${role}: least cosine ${alone} alone, ${batched} in batches`);
    expect(Math.min(alone, batched)).toBeGreaterThanOrEqual(0.99999);
  }
});
