// The models beside the repository, by the names of their folders, from a plain host that serves them: what an app with files
// of its own does. Each vector is held against its reference.
import { cosine, type RepositoryCard, type Role } from "@nearfield/core";
import { CACHE_NAME } from "@nearfield/models";
import { RUN_ALL } from "@nearfield/testing";
import { beforeEach, describe, expect, inject, test } from "vitest";
import { openEncoder } from "./encoder.ts";
import type { ModelChoice, ModelsOptions } from "./model.ts";
import { openReranker } from "./reranker.ts";

// Vite fills it in where it reads these very words.
const env = (import.meta as { env?: Record<string, string | undefined> }).env ?? {};
const isShared = Boolean(env["NEARFIELD_SHARED"]);
if (!isShared) console.log("skipped: the reference models are not beside the repository");

const host = `${inject("modelHost")}/shared`;
interface Named {
  readonly model: ModelChoice;
  readonly dtype: "fp32" | "q8" | "q4";
  readonly dimensions: number;
  readonly rows: Readonly<Partial<Record<Role, string>>>;
  readonly overrides?: Partial<RepositoryCard>;
  /** Least cosine. Default: 0.99999, which the same arithmetic keeps; 8 bits do not. */
  readonly floor?: number;
}

const decoder = (model: string, dimensions: number): Named[] =>
  (["fp32", "q4"] as const).map((dtype) => {
    const file = dtype === "q4" ? "model_q4" : "model";
    const row = (role: Role) => `${model}/reference/${role}.${file}.f32`;
    const rows = { query: row("query"), document: row("document") };
    return { model, dtype, dimensions, rows, floor: dtype === "q4" ? 0.9999 : 0.99999 };
  });

const MODELS: readonly Named[] = [
  {
    model: "all-MiniLM-L6-v2",
    dtype: "q8",
    dimensions: 384,
    rows: { document: "all-MiniLM-L6-v2/reference/model_quantized.f32" },
    // One text of 33 is at 0.9945 with the arithmetic of ONNX Runtime's WASM build.
    floor: 0.994,
  },
  ...decoder("toy-qwen3-embedding-gqa", 128),
  ...decoder("toy-qwen3-embedding-mha", 128),
  ...decoder("toy-qzhou-embedding", 112),
  {
    model: "toy-two-towers",
    dtype: "fp32",
    dimensions: 96,
    rows: {
      query: "toy-two-towers/reference/query.f32",
      document: "toy-two-towers/reference/document.f32",
    },
  },
  {
    model: { query: "toy-cre-t1/query", document: "toy-cre-t1/document" },
    dtype: "fp32",
    dimensions: 96,
    rows: {
      query: "toy-cre-t1/query/reference/plain.f32",
      document: "toy-cre-t1/document/reference/document.f32",
    },
    overrides: {
      endToken: { text: "<emb_token>", appendedBy: "encoder" },
      prompts: { query: "", document: "" },
      space: "toy-cre-t1",
    },
  },
];

describe.skipIf(!isShared)("a model by the name of its folder", () => {
  beforeEach(async () => void (await caches.delete(CACHE_NAME)));

  test.for(MODELS.slice(0, RUN_ALL ? undefined : 1))(
    "gives the reference vectors: $model $dtype",
    { timeout: 600_000 },
    async ({ model, dtype, dimensions, rows, overrides, floor = 0.99999 }) => {
      const texts = (await (await fetch(`${host}/texts.json`)).json()) as string[];
      const models: ModelsOptions = { host, dtypes: { wasm: dtype }, overrides };
      const encoder = openEncoder({ model, models, device: "wasm" });
      for (const [role, path] of Object.entries(rows) as [Role, string][]) {
        const known = new Float32Array(await (await fetch(`${host}/${path}`)).arrayBuffer());
        const vectors = await encoder.encode(texts.slice(0, RUN_ALL ? undefined : 4), { role });
        const found = vectors.map((vector, at) =>
          cosine(vector, known.subarray(at * dimensions, (at + 1) * dimensions)),
        );
        expect(
          Math.min(...found),
          `${role}: ${found.map((one) => one.toFixed(6)).join(" ")}`,
        ).toBeGreaterThan(floor);
      }
      await encoder.close();
    },
  );

  test.skipIf(!RUN_ALL)(
    "scores as the reference does: toy-qwen3-reranker",
    { timeout: 600_000 },
    async () => {
      interface Reference {
        readonly pairs: readonly {
          readonly query: string;
          readonly document: string;
          readonly score: number;
        }[];
      }
      const { pairs } = (await (
        await fetch(`${host}/toy-qwen3-reranker/reference/scores.json`)
      ).json()) as Reference;
      const models = { host, dtypes: { wasm: "fp32" } } as const;
      const reranker = openReranker({ model: "toy-qwen3-reranker", models, device: "wasm" });
      for (const query of new Set(pairs.map((pair) => pair.query))) {
        const asked = pairs.filter((pair) => pair.query === query);
        const scores = await reranker.score(
          query,
          asked.map(({ document }) => document),
        );
        for (const [at, score] of scores.entries()) {
          expect(Math.abs(score - (asked[at]?.score ?? Infinity))).toBeLessThan(1e-4);
        }
      }
      await reranker.close();
    },
  );
});
