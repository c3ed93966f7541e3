import { sha256, type ModelCard, type ModelFile, type Role } from "@nearfield/core";

/** A model with random weights and what it must give; see `models/README.md`. */
export interface ToyModel {
  readonly card: ModelCard;
  readonly texts: readonly string[];
  /** A unit vector for each text, by role. */
  readonly reference: Readonly<Record<Role, readonly Float32Array[]>>;
}

export type ToyName = "qwen3-gqa" | "qwen3-mha" | "qzhou";

const QWEN3 = {
  tokenizer: new URL("../models/toy-qwen3-embedding/tokenizer.json", import.meta.url),
  tokenizerConfig: new URL("../models/toy-qwen3-embedding/tokenizer_config.json", import.meta.url),
  query: new URL("../models/toy-qwen3-embedding/query.model.f32", import.meta.url),
  document: new URL("../models/toy-qwen3-embedding/document.model.f32", import.meta.url),
  pooling: "last-token",
  dimensions: 128,
  matryoshka: [128, 64, 32],
} as const;

const TOYS = {
  "qwen3-gqa": {
    ...QWEN3,
    graph: new URL("../models/toy-qwen3-embedding/gqa.onnx", import.meta.url),
    data: {},
  },
  "qwen3-mha": {
    ...QWEN3,
    graph: new URL("../models/toy-qwen3-embedding/model_external.onnx", import.meta.url),
    data: {
      "model_external.onnx_data": new URL(
        "../models/toy-qwen3-embedding/model_external.onnx_data",
        import.meta.url,
      ),
    },
  },
  qzhou: {
    graph: new URL("../models/toy-qzhou-embedding/model.onnx", import.meta.url),
    data: {},
    tokenizer: new URL("../models/toy-qzhou-embedding/tokenizer.json", import.meta.url),
    tokenizerConfig: new URL(
      "../models/toy-qzhou-embedding/tokenizer_config.json",
      import.meta.url,
    ),
    query: new URL("../models/toy-qzhou-embedding/query.model.f32", import.meta.url),
    document: new URL("../models/toy-qzhou-embedding/document.model.f32", import.meta.url),
    pooling: "mean",
    dimensions: 112,
    matryoshka: [],
  },
} as const;

const TEXTS = new URL("../models/texts.json", import.meta.url);
/** Rows of the texts that serve as known answers: a short one, and one beyond 32 tokens, where kernels begin to differ. */
const KNOWN = [0, 12] as const;

/** Reads a toy model; its card is made from the files as they are. In a browser only. */
export async function readToyModel(name: ToyName): Promise<ToyModel> {
  const toy = TOYS[name];
  const texts = (await (await fetch(TEXTS)).json()) as string[];
  const reference = {
    query: await readRows(toy.query, toy.dimensions),
    document: await readRows(toy.document, toy.dimensions),
  };
  const data = await Promise.all(
    Object.entries<URL>(toy.data).map(async ([path, url]) => ({ path, file: await fileAt(url) })),
  );
  const known = new Float32Array(KNOWN.length * toy.dimensions);
  for (const [at, row] of KNOWN.entries()) {
    known.set(reference.document[row] as Float32Array, at * toy.dimensions);
  }
  const artifact = {
    graph: await fileAt(toy.graph),
    data,
    knownAnswers: await fileOf(new Uint8Array(known.buffer)),
  };
  const card: ModelCard = {
    name: `toy-${name}`,
    version: "0",
    licence: "Apache-2.0",
    space: `toy-${name}`,
    dimensions: toy.dimensions,
    matryoshka: toy.matryoshka,
    maxTokens: 512,
    pooling: toy.pooling,
    output: "last_hidden_state",
    prompts: { query: "Instruct: {instruction}\nQuery:", document: "" },
    instruction: "Given a web search query, retrieve relevant passages that answer the query",
    artifacts: { wasm: artifact, webgpu: artifact },
    tokenizer: await fileAt(toy.tokenizer),
    tokenizerConfig: await fileAt(toy.tokenizerConfig),
    knownAnswers: { texts: KNOWN.map((row) => texts[row] as string), floor: 0.999 },
  };
  return { card, texts, reference };
}

/** The entry of a card for bytes that are nowhere but here. */
export async function fileOf(bytes: Uint8Array<ArrayBuffer>): Promise<ModelFile> {
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return {
    url: `data:application/octet-stream;base64,${btoa(letters)}`,
    byteLength: bytes.length,
    sha256: await sha256(bytes),
  };
}

async function fileAt(url: URL): Promise<ModelFile> {
  const bytes = await (await fetch(url)).arrayBuffer();
  return { url: url.href, byteLength: bytes.byteLength, sha256: await sha256(bytes) };
}

async function readRows(url: URL, dimensions: number): Promise<Float32Array[]> {
  const all = new Float32Array(await (await fetch(url)).arrayBuffer());
  return Array.from({ length: all.length / dimensions }, (_, row) =>
    all.subarray(row * dimensions, (row + 1) * dimensions),
  );
}
