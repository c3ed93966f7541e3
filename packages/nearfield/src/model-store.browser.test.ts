// What is kept of models, as the app's storage page sees it.
import { CACHE_NAME } from "@nearfield/models";
import { openStand, toyRepository, type Stand } from "@nearfield/testing";
import { beforeEach, expect, test } from "vitest";
import { openEncoder } from "./encoder.ts";
import { openModelStore } from "./model-store.ts";

const NAME = "toys/qwen3";
const { commit, files } = toyRepository("qwen3-gqa");
const WEIGHTS = "onnx/model.onnx";
const WEIGHTS_BYTES = 2_966_998;

let stand: Stand;

beforeEach(async () => {
  await caches.delete(CACHE_NAME);
  stand = await openStand({ repositories: { [NAME]: { commit, files } } });
});

async function pick(path: string): Promise<File> {
  const answer = await fetch(`${stand.host}/${NAME}/resolve/${commit}/${path}`);
  return new File([await answer.blob()], path.split("/").at(-1) as string);
}

test("files that a visitor picked need no download, are listed with their size, and go by name", async () => {
  const store = openModelStore({ host: stand.host });
  const weights = await pick(WEIGHTS);
  const note = new File(["other"], "notes.txt");
  const report = await store.importFiles(NAME, [weights, note]);
  expect(report.stored).toEqual([expect.stringContaining(WEIGHTS)]);
  expect(report).toMatchObject({ missing: [], unknown: ["notes.txt"] });
  const [model] = (await store.list()).models;
  expect(model?.name).toBe(NAME);
  expect(model?.byteLength).toBeGreaterThan(WEIGHTS_BYTES);

  const before = (await stand.requests()).length;
  const encoder = openEncoder({ model: NAME, models: { host: stand.host }, device: "wasm" });
  expect((await encoder.encode(["text"]))[0]).toHaveLength(128);
  await encoder.close();
  expect(await stand.requests()).toHaveLength(before);

  expect(await store.evict("toys/other")).toBe(0);
  expect(await store.evict(NAME)).toBeGreaterThan(WEIGHTS_BYTES);
  expect(await store.list()).toEqual({ models: [], byteLength: 0, unfinishedBytes: 0 });
});

test("a picked file that is not the model's is refused by its name", async () => {
  const store = openModelStore({ host: stand.host });
  const wrong = new File(["no graph"], "model.onnx");
  await expect(store.importFiles(NAME, [wrong])).rejects.toMatchObject({ code: "MODEL_INTEGRITY" });
  for (const bad of [undefined, "model.onnx", ["model.onnx"]]) {
    await expect(store.importFiles(NAME, bad as never)).rejects.toMatchObject({
      code: "INVALID_OPTION",
    });
  }
  await expect(store.evict(7 as never)).rejects.toMatchObject({ code: "INVALID_OPTION" });
});
