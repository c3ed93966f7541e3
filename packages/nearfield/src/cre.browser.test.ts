// Two towers whose query tower thinks before it encodes, against thoughts and vectors that PyTorch computed. The models are
// not in the repository; where they are not beside it either, this says so and is passed over.
import {
  cosine,
  sha256,
  type GeneratorCard,
  type ModelCard,
  type ModelFile,
  type Towers,
} from "@nearfield/core";
import { EncoderClient } from "@nearfield/encoder";
import { LocalModel, reason, type ReasonRecipe } from "@nearfield/reason";
import { RUN_ALL } from "@nearfield/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSearch } from "./open-search.ts";

const env = (import.meta as { env?: Record<string, string> }).env ?? {};
const shared = env["NEARFIELD_SHARED"] ?? "";
/** Among the last of them are special tokens as text, and a prompt that is too long. */
const ROWS = RUN_ALL ? Array.from({ length: 33 }, (_, at) => at) : [0, 26];
const root = `/@fs${shared}/models/`;
if (shared === "") console.log("cre-t1: skipped, the reference models are not here");

interface Thoughts {
  readonly template: string;
  readonly max_new_tokens: number;
  readonly rows: readonly {
    readonly prompt_tokens: readonly number[];
    readonly thought_tokens: readonly number[];
  }[];
}

async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await fetch(root + path)).arrayBuffer());
}

async function fileOf(path: string): Promise<ModelFile> {
  const bytes = await bytesOf(path);
  return { url: root + path, byteLength: bytes.byteLength, sha256: await sha256(bytes) };
}

async function jsonOf<T>(path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await bytesOf(path))) as T;
}

describe.skipIf(shared === "")("cre-t1 on WASM", () => {
  const tower = "toy-cre-t1/query/";
  let texts: readonly string[];
  let thoughts: Thoughts;
  let expected: Float32Array;
  let encoder: EncoderClient;
  let model: LocalModel;
  let recipe: ReasonRecipe;
  let cards: Towers<ModelCard>;

  beforeAll(async () => {
    texts = await jsonOf("texts.json");
    thoughts = await jsonOf(`${tower}reference/thoughts.json`);
    expected = new Float32Array((await bytesOf(`${tower}reference/reasoned.f32`)).buffer);
    const files = {
      tokenizer: await fileOf(`${tower}tokenizer.json`),
      tokenizerConfig: await fileOf(`${tower}tokenizer_config.json`),
    };
    const card: ModelCard = {
      name: "toy-cre-t1 (query)",
      version: "0",
      licence: "Apache-2.0",
      space: "toy-cre-t1",
      dimensions: 96,
      matryoshka: [],
      maxTokens: 512,
      prompts: { query: "", document: "" },
      endToken: { text: "<emb_token>", appendedBy: "encoder" },
      output: "last_hidden_state",
      pooling: "last-token",
      queryStep: "thought",
      artifacts: { wasm: { graph: await fileOf(`${tower}onnx/model.onnx`), data: [] } },
      knownAnswers: { texts: ["x"], floor: 0.99 },
      ...files,
    };
    const generator: GeneratorCard = {
      name: "toy-cre-t1 (thoughts)",
      version: "0",
      licence: "Apache-2.0",
      maxTokens: 512,
      reservedTokens: 1,
      stopTokens: ["<|im_end|>"],
      suppressedTokens: ["<emb_token>"],
      markup: "tokens",
      artifacts: { wasm: { graph: await fileOf(`${tower}onnx/generator.onnx`), data: [] } },
      ...files,
    };
    const { queryStep: _, ...onePass } = card;
    const graph = await fileOf("toy-cre-t1/document/onnx/model.onnx");
    const document = { ...onePass, name: "toy-cre-t1 (document)" };
    cards = { query: card, document: { ...document, artifacts: { wasm: { graph, data: [] } } } };
    encoder = new EncoderClient({ card, role: "query", device: "wasm", threads: 1 });
    model = new LocalModel({ card: generator, device: "wasm", threads: 1 });
    const { template, max_new_tokens: maxNewTokens } = thoughts;
    recipe = { template, use: "behind", maxNewTokens, timeoutMs: 60_000 };
  });

  afterAll(() => {
    encoder.close();
    model.close();
  });

  test(
    "thoughts are those of the reference, token by token, and so are the vectors behind them",
    { timeout: 600_000 },
    async () => {
      let least = 1;
      for (const row of ROWS) {
        const wanted = thoughts.rows[row] as Thoughts["rows"][number];
        const query = texts[row] as string;
        const { inputs, skipped } = await reason(query, recipe, model);
        expect(skipped).toBeNull();
        const [tokens] = inputs.map(({ input }) => input);
        expect(tokens).toEqual([...wanted.prompt_tokens, ...wanted.thought_tokens]);
        const [vector] = await encoder.encode([tokens as readonly number[]]);
        const reference = expected.subarray(row * 96, (row + 1) * 96);
        least = Math.min(least, cosine(vector as Float32Array, reference));
      }
      console.log(`cre-t1, ${ROWS.length} thoughts on WASM: least cosine ${least}`);
      expect(least).toBeGreaterThanOrEqual(0.9999);
    },
  );

  test("a thought that takes too long leaves the plain query and says so, and the next one is right", async () => {
    const query = texts[0] as string;
    const late = await reason(query, { ...recipe, timeoutMs: 1 }, model);
    expect(late).toMatchObject({
      inputs: [{ input: query, role: "query" }],
      thoughts: [],
      skipped: { code: "TIMEOUT" },
    });
    const next = await reason(query, { ...recipe, maxNewTokens: 2 }, model);
    const wanted = thoughts.rows[0] as Thoughts["rows"][number];
    expect(next.inputs).toMatchObject([
      { input: [...wanted.prompt_tokens, ...wanted.thought_tokens.slice(0, 2)] },
    ]);
  });

  test("a token that the vocabulary lacks is MODEL_INVALID", async () => {
    const { card } = model;
    using other = new LocalModel({ card: { ...card, stopTokens: ["<end>"] }, device: "wasm" });
    const reasoned = await reason("why?", recipe, other);
    expect(reasoned.skipped).toMatchObject({ code: "MODEL_INVALID" });
  });

  test(
    "a search with two towers thinks before it encodes, and says where it did not",
    { timeout: 600_000 },
    async () => {
      const [plain, documents] = await Promise.all(
        [`${tower}reference/plain.f32`, "toy-cre-t1/document/reference/document.f32"].map(
          async (path) => new Float32Array((await bytesOf(path)).buffer),
        ),
      );
      const row = (vectors: Float32Array | undefined, at: number): Float32Array =>
        (vectors as Float32Array).subarray(at * 96, (at + 1) * 96);
      const name = `cre ${Math.random()}`;
      const search = await openSearch({
        name,
        model: cards,
        device: "wasm",
        reason: { provider: model.card, recipe },
      });
      // Texts that are a passage each, without spaces at their ends.
      const isOne = (text: string): boolean => text === text.trim() && text.length < 400;
      const all = texts.flatMap((text, at) => (isOne(text) ? [at] : []));
      const ids = RUN_ALL ? all : [0, 1, 10];
      await search.add(ids.map((at) => ({ id: String(at), text: texts[at] as string })));
      for (const asked of RUN_ALL ? [0, 1, 10, 11] : [0]) {
        const query = texts[asked] as string;
        for (const [reason, wanted] of [
          [true, row(expected, asked)],
          [false, row(plain, asked)],
          [{ timeoutMs: 1 }, row(plain, asked)],
        ] as const) {
          const { hits, skipped, stages } = await search.query(query, {
            reason,
            mode: "dense",
            explain: true,
            limit: 100,
          });
          expect(hits).toHaveLength(ids.length);
          for (const { document, parts } of hits) {
            expect(parts.dense).toBeCloseTo(cosine(wanted, row(documents, Number(document.id))), 3);
          }
          expect(skipped).toMatchObject(reason === true ? [] : [{ part: "reason" }]);
          expect(stages?.[0]?.trace.thoughts).toHaveLength(reason === true ? 1 : 0);
        }
      }
      expect(search.status()).toMatchObject({
        model: { query: { name: "toy-cre-t1 (query)" } },
        reason: { provider: "toy-cre-t1 (thoughts)", model: { state: "ready", device: "wasm" } },
      });
      await search.close();
      const mute = await openSearch({ name, model: cards, device: "wasm" });
      const { skipped } = await mute.query(texts[0] as string, { mode: "dense" });
      expect(skipped).toEqual([
        {
          part: "reason",
          reason: "the model expects a thought with each query, and nobody gives it",
        },
      ]);
      await mute.destroy();
    },
  );
});
