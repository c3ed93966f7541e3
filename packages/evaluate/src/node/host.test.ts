import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Dataset } from "../dataset.ts";
import { PATHS, type Job, type Progress } from "../job.ts";
import { Host } from "./host.ts";
import { State } from "./state.ts";

const corpus = [{ id: "d1", title: "", text: "Zeile\nund 😀" }];
const dataset: Dataset = { name: "made up", split: "test", corpus, emptyDocuments: 0, queries: [] };
const job: Job = {
  mode: "vectors",
  model: "pocket",
  device: "wasm",
  dimensions: undefined,
  retrieval: undefined,
  modelHost: undefined,
  batch: 8,
  documents: 1,
  stored: { rows: 0, dimensions: 0 },
  queries: [],
};

let folder = "";
let state: State;
let host: Host;
let progress: Progress[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "nearfield-evaluate-"));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write("page/index.html", "the page");
  write("page/assets/a.wasm", "code");
  write("models/some/model/onnx/model.onnx", "weights");
  write("secret.txt", "a secret");
  const { mode, model, device, dimensions } = job;
  const key = { dataset, mode, model, device, dimensions, page: "page", further: [] };
  state = new State(join(folder, "cache"), key, false);
  progress = [];
  host = await Host.start({
    page: join(folder, "page"),
    headers: { "Cross-Origin-Opener-Policy": "same-origin" },
    job,
    corpus,
    state,
    models: join(folder, "models"),
    onProgress: (one) => progress.push(one),
  });
});

afterEach(async () => {
  await host.close();
  state.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (path: string, init?: RequestInit) =>
  fetch(`http://127.0.0.1:${host.port}${path}`, init);

test("the page and its files come with their types and with the headers of isolation", async () => {
  const page = await ask("/");
  expect(await page.text()).toBe("the page");
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(page.headers.get("cross-origin-opener-policy")).toBe("same-origin");
  const wasm = await ask("/assets/a.wasm");
  expect(wasm.headers.get("content-type")).toBe("application/wasm");
});

test("documents are one in a line, whatever is in them", async () => {
  const lines = (await (await ask(PATHS.documents)).text()).split("\n");
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[0] ?? "")).toEqual(corpus[0]);
});

test("models are served as a hub serves them", async () => {
  const path = "/models/some/model/resolve/0123abc/onnx/model.onnx";
  expect(await (await ask(path)).text()).toBe("weights");
  expect((await ask("/models/some/other/resolve/main/config.json")).status).toBe(404);
});

test("nothing outside the page's folder is served", async () => {
  // `fetch` would tidy such a path away before it is sent.
  const status = await new Promise((resolve, reject) => {
    const options = { port: host.port, host: "127.0.0.1", path: "/..%2fsecret.txt" };
    request(options, (response) => resolve(response.statusCode))
      .once("error", reject)
      .end();
  });
  expect(status).toBe(404);
});

test("vectors, answers and progress are taken, and rows out of turn are not", async () => {
  const body = Float32Array.from([1, 2]);
  const first = await ask(`${PATHS.vectors}?from=0&dimensions=2`, { method: "POST", body });
  expect(first.status).toBe(204);
  const again = await ask(`${PATHS.vectors}?from=0&dimensions=2`, { method: "POST", body });
  expect([again.status, await again.text()]).toEqual([
    500,
    expect.stringContaining("INVALID_VECTOR"),
  ]);
  expect(new Float32Array(await (await ask(PATHS.vectors)).arrayBuffer())).toEqual(body);
  const answer = JSON.stringify({ query: "q1", latencyMs: 1, found: [] });
  await ask(PATHS.answers, { method: "POST", body: answer });
  expect([...state.readAnswers().keys()]).toEqual(["q1"]);
  const step: Progress = { stage: "queries", done: 1, total: 2 };
  await ask(PATHS.progress, { method: "POST", body: JSON.stringify(step) });
  expect(progress).toEqual([step]);
  expect((await ask("/elsewhere", { method: "POST", body: "x" })).status).toBe(404);
});
