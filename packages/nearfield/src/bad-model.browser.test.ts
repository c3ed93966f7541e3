// What is wrong with a model, a host or a file, as who uses the face meets it.
import { cosine, type RetrievalError } from "@nearfield/core";
import { CACHE_NAME, openModelStore, openShelf } from "@nearfield/models";
import {
  fileOf,
  openStand,
  readToyModel,
  RUN_ALL,
  seededRandom,
  toyRepository,
  type Fault,
  type Stand,
  type StandFile,
} from "@nearfield/testing";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { openEncoder, type Encoder } from "./encoder.ts";
import type { EncoderOptions } from "./options.ts";

const NAME = "toys/qwen3";
const WEIGHTS = "onnx/model.onnx";
const TRIALS = RUN_ALL ? 10 : 2;
/** Each loads a model of its own; the quick run has one of each kind. */
const heavy = test.runIf(RUN_ALL);

const toy = await readToyModel("qwen3-gqa");
const { commit, files } = toyRepository("qwen3-gqa");
const TEXT = toy.texts[12] as string;
const KNOWN = toy.reference.document[12] as Float32Array;

let stand: Stand;
const opened: Encoder[] = [];

beforeEach(async () => {
  await caches.delete(CACHE_NAME);
  stand = await openStand({ repositories: { [NAME]: { commit, files } } });
});
afterEach(async () => {
  for (const encoder of opened.splice(0)) await encoder.close();
});

function open(options: EncoderOptions = {}): Encoder {
  const models = { host: stand.host };
  const encoder = openEncoder({ model: NAME, device: "wasm", models, ...options });
  opened.push(encoder);
  return encoder;
}

/** What the first text meets, or opening. */
async function failureOf(options: EncoderOptions = {}): Promise<RetrievalError | null> {
  try {
    await open(options).encode(["text"]);
    return null;
  } catch (thrown) {
    return thrown as RetrievalError;
  }
}

const said = (error: RetrievalError | null) => `${error?.code}: ${error?.repair}`;

async function expectRight(encoder: Encoder): Promise<void> {
  const [vector] = await encoder.encode([TEXT]);
  expect(cosine(vector as Float32Array, KNOWN)).toBeGreaterThan(0.99999);
}

const fetched = async (path: string) =>
  (await stand.requests()).filter((one) => one.method === "GET" && one.path.endsWith(path));

describe("a repository", () => {
  const publish = (changed: Record<string, StandFile | undefined>) => {
    const kept = Object.entries({ ...files, ...changed }).filter(([, file]) => file);
    const repository = { commit, files: Object.fromEntries(kept) as Record<string, StandFile> };
    return stand.order({ repositories: { [NAME]: repository } });
  };

  test("without tokenizer.json is refused before its weights are fetched", async () => {
    await publish({ "tokenizer.json": undefined });
    const failure = await failureOf();
    expect(said(failure)).toMatch(/^MODEL_INVALID: \S/);
    expect(failure?.message).toContain("tokenizer.json");
    expect(await fetched(WEIGHTS)).toEqual([]);
  });

  test("with a module of an unknown class is refused by its name", async () => {
    const type = "sentence_transformers.models.Surprise";
    const modules = [{ idx: 0, name: "0", path: "", type }];
    await publish({ "modules.json": { text: JSON.stringify(modules) } });
    const failure = await failureOf();
    expect(said(failure)).toMatch(/^MODEL_UNSUPPORTED: \S/);
    expect(failure?.message).toContain("Surprise");
    expect(await fetched(WEIGHTS)).toEqual([]);
  });

  test("with a pooling of another width than the network is refused", async () => {
    const pooling = { word_embedding_dimension: 96, pooling_mode_lasttoken: true };
    await publish({ "1_Pooling/config.json": { text: JSON.stringify(pooling) } });
    expect(said(await failureOf())).toMatch(/^MODEL_INVALID: \S/);
    expect(await fetched(WEIGHTS)).toEqual([]);
  });

  test("that lacks the wanted number format is refused with those that it has", async () => {
    const models = { host: stand.host, dtypes: { wasm: "q8" } } as const;
    expect(said(await failureOf({ models }))).toBe("INVALID_OPTION: Choose one of fp32.");
  });

  test("of another width than its fellow tower is refused, and no weights are fetched", async () => {
    await stand.order({ repositories: { "toys/qzhou": toyRepository("qzhou") } });
    const failure = await failureOf({ model: { query: NAME, document: "toys/qzhou" } });
    expect(said(failure)).toBe(
      "MODEL_MISMATCH: Choose two models that were trained for one space.",
    );
    expect(await fetched(WEIGHTS)).toEqual([]);
  });
});

describe("before anything is asked of a host", () => {
  test.each<[string, EncoderOptions, string]>([
    [
      "a length that QZhou does not have",
      { model: "Kingsoft-LLM/QZhou-Embedding", dimensions: 1024 },
      "INVALID_OPTION: Leave it at 3584.",
    ],
    [
      "two towers of other lengths",
      { model: { query: "pocket", document: "Qwen/Qwen3-Embedding-0.6B" } },
      "MODEL_MISMATCH: Choose two models that were trained for one space.",
    ],
    [
      "two towers of other spaces",
      { model: { query: "bge-small", document: "all-minilm" } },
      "MODEL_MISMATCH: Choose two models that were trained for one space.",
    ],
    [
      "a path for a name",
      { model: "../secret" },
      `INVALID_OPTION: Write it as on the hub, for example "Qwen/Qwen3-Embedding-0.6B".`,
    ],
    [
      "a name that leaves its folder",
      { model: "a/..b" },
      `INVALID_OPTION: Write it as on the hub, for example "Qwen/Qwen3-Embedding-0.6B".`,
    ],
    [
      "a revision that leaves its folder",
      { models: { revision: "../main" } },
      "INVALID_OPTION: Give the commit's 40 hexadecimal digits.",
    ],
    [
      "an unknown number format",
      { models: { dtypes: { wasm: "q2" as "q4" } } },
      "INVALID_OPTION: Give one of fp32, fp16, q8, int8, uint8, q4, q4f16, bnb4.",
    ],
    [
      "an unknown field of models",
      { models: { hots: "/" } as object },
      "INVALID_OPTION: It takes host, revision, redirects, dtypes, overrides.",
    ],
  ])("%s is refused", async (_, options, message) => {
    expect(said(await failureOf(options))).toBe(message);
    expect(await stand.requests()).toEqual([]);
  });
});

describe("a host", () => {
  test("that redirects to another origin is refused, unless that is allowed", async () => {
    const elsewhere = inject("modelHost").replace("127.0.0.1", "localhost");
    const path = stand.host.slice(inject("modelHost").length);
    const to = `${elsewhere}${path}/${NAME}/resolve/${commit}/${WEIGHTS}`;
    await openModelStore({ host: stand.host }).resolve(NAME);
    await stand.order({ faults: Array.from({ length: 20 }, () => ({ kind: "redirect", to })) });
    const failure = await failureOf();
    expect([failure?.code, failure?.value]).toEqual(["MODEL_UNAVAILABLE", elsewhere]);
    expect(failure?.repair).toContain("allowed redirects");
  });

  const faults: [string, Fault, string][] = [
    ["other bytes", { kind: "wrong" }, "MODEL_INTEGRITY"],
    ["a web page for weights", { kind: "html" }, "MODEL_INTEGRITY"],
    ["a body that is too short", { kind: "short", after: 1_000 }, "MODEL_INTEGRITY"],
    ["a refusal", { kind: "status", status: 403 }, "MODEL_UNAVAILABLE"],
  ];
  test.each(RUN_ALL ? faults : faults.slice(0, 1))(
    "that gives %s is told by its code, and the next call heals",
    async (_, fault, code) => {
      await openModelStore({ host: stand.host }).resolve(NAME);
      await stand.order({ always: fault });
      const encoder = open();
      const failure = await encoder.encode(["text"]).then(
        () => null,
        (thrown: RetrievalError) => thrown,
      );
      expect(said(failure)).toMatch(new RegExp(`^${code}: \\S`));
      expect(encoder.status()).toMatchObject({ state: "failed", failure: { code } });
      await stand.order({ always: { kind: "none" } });
      await expectRight(encoder);
    },
  );

  heavy(
    `that breaks off at ${TRIALS} random bytes gives the right vectors all the same`,
    async () => {
      const { integer } = seededRandom(5);
      await openModelStore({ host: stand.host }).resolve(NAME);
      const small = { kind: "none" } as const;
      // The weights are asked for first, then the two files of the tokenizer.
      const cuts = Array.from(
        { length: TRIALS },
        () => ({ kind: "cut", after: integer(300_000) }) as const,
      );
      await stand.order({ faults: [cuts[0]!, small, small, ...cuts.slice(1)] });
      await expectRight(open());
      expect((await fetched(WEIGHTS)).length).toBeGreaterThan(1);
    },
  );
});

heavy(
  `an encoder that is closed at ${TRIALS} random moments of a download leaves a store that is right`,
  async () => {
    const { integer } = seededRandom(9);
    await stand.order({ always: { kind: "slow", everyMs: 1 } });
    const total = 2_966_998;
    const rates: number[] = [];
    for (let trial = 0; trial < TRIALS; trial++) {
      const from = integer(total);
      const leaving: { close?: () => void } = {};
      const encoder = open({
        onLoadProgress: ({ stage, loadedBytes, bytesPerSecond }) => {
          if (stage === "download") rates.push(bytesPerSecond ?? 0);
          if (loadedBytes >= from) leaving.close?.();
        },
      });
      leaving.close = () => void encoder.close();
      const met = await encoder.encode([TEXT]).then(
        ([vector]) => cosine(vector as Float32Array, KNOWN),
        (thrown: RetrievalError) => thrown.code,
      );
      expect(met === "CLOSED" || Number(met) > 0.99999, String(met)).toBe(true);
    }
    expect(Math.max(...rates), "bytes per second").toBeGreaterThan(0);
    await stand.order({ always: { kind: "none" } });
    await expectRight(open());
  },
);

heavy("one flipped byte in what is stored is found and healed", async () => {
  const first = open();
  await expectRight(first);
  await first.close();
  const shelf = await openShelf();
  const { integer } = seededRandom(11);
  for (const { sha256, record } of await shelf.list()) {
    const bytes = new Uint8Array(record?.byteLength ?? 0);
    await shelf.read(sha256, bytes);
    const at = integer(bytes.length);
    bytes[at] = (bytes[at] as number) ^ 1;
    await shelf.writePart(sha256, 0, bytes);
  }
  const before = (await fetched(WEIGHTS)).length;
  await expectRight(open());
  expect((await fetched(WEIGHTS)).length).toBe(before + 1);
});

heavy("two encoders at once download a model once", async () => {
  const [one, two] = [open(), open()];
  await Promise.all([expectRight(one), expectRight(two)]);
  expect(await fetched(WEIGHTS)).toHaveLength(1);
});

test("a model whose known answers do not come out on any device is refused", async () => {
  const wrong = new Float32Array(toy.card.knownAnswers.texts.length * toy.card.dimensions);
  wrong.fill(1);
  const artifact = toy.card.artifacts.wasm!;
  const knownAnswers = await fileOf(new Uint8Array(wrong.buffer));
  const model = { ...toy.card, artifacts: { wasm: { ...artifact, knownAnswers } } };
  const failure = await failureOf({ model, device: "auto" });
  expect(failure?.code).toBe("EMBEDDING_INVALID");
  expect(failure?.message).toContain("no device here runs the model");
});

heavy("a text of a million characters is cut to what the model reads", async () => {
  const encoder = open();
  const words = "far and wide ".repeat(80_000);
  const [long, start] = await encoder.encode([words, words.slice(0, 20_000)]);
  expect(cosine(long as Float32Array, start as Float32Array)).toBeGreaterThan(0.99999);
});
