import type { IngestCalls, StoredDocument } from "@nearfield/core";
import { Connection } from "@nearfield/link";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { IndexReport } from "./calls.ts";
import { IndexClient, spawnIndexWorker, type IndexClientOptions } from "./client.ts";
import { codeOf } from "./fixtures/flat-index-suite.ts";
import { blockOf, DIMENSIONS, hashOfEntry, Model, queryOf, type Marks } from "./fixtures/model.ts";
import { changeRaw } from "./fixtures/raw.ts";

const A: Marks = { id: "a", version: 1, rows: 2 };
const B: Marks = { id: "b", version: 1, rows: 3 };
const QUERY = queryOf(3);

let name: string;
let clients: IndexClient[];
let workers: Worker[];
let reports: IndexReport[];

beforeEach(() => {
  name = `client ${Math.random()}`;
  clients = [];
  workers = [];
  reports = [];
});
afterEach(async () => {
  for (const client of clients) client.close();
  await make().destroy();
});

function make(options: Partial<IndexClientOptions> = {}): IndexClient {
  const client = new IndexClient({
    name,
    dimensions: DIMENSIONS,
    fingerprint: "space",
    spawn: () => {
      const worker = spawnIndexWorker();
      workers.push(worker);
      return worker;
    },
    onReport: (report) => reports.push(report),
    ...options,
  });
  clients.push(client);
  return client;
}

it("opens, stores, finds, gives, removes and reports through its worker", async () => {
  const client = make();
  expect(await client.open()).toMatchObject({ generation: 0, entries: 0, degraded: [] });
  expect(await client.commit(blockOf(A, B))).toMatchObject({ generation: 1, entries: 2, rows: 5 });
  const { hits, report } = await client.search(QUERY, 4);
  expect(hits).toEqual(new Model().commit([A, B]).search(QUERY, 4));
  expect(report).toMatchObject({
    scanner: expect.stringMatching(/^wasm/) as string,
    persistence: "best-effort",
  });
  expect(await client.get(["b", "unknown"])).toMatchObject([
    { id: "b", hash: hashOfEntry(B) },
    null,
  ]);
  expect(await client.list()).toEqual(["a", "b"]);
  expect(await client.remove(["a", "unknown"])).toMatchObject({ removed: 1, report: { rows: 3 } });
  expect(reports.at(-1)).toMatchObject({ generation: 2, entries: 1, rows: 3 });
});

it("the scanner that was measured to be the fastest serves, and the report says why", async () => {
  const key = `nearfield:scanner:${DIMENSIONS}`;
  const choice = { name: "simd", dimensions: DIMENSIONS, rows: 9, milliseconds: {}, reason: "so" };
  try {
    localStorage.setItem(key, JSON.stringify(choice));
    expect(await make().open()).toMatchObject({ scanner: "wasm-simd", scannerReason: "so" });
    for (const note of ["{}", "no JSON", JSON.stringify({ ...choice, name: "none of ours" })]) {
      localStorage.setItem(key, note);
      expect((await make().open()).scanner).toMatch(/^wasm/);
    }
  } finally {
    localStorage.removeItem(key);
  }
});

it("serves a document worker over a port", async () => {
  const client = make();
  using port = new Connection<IngestCalls>(await client.connect());
  const named = [A, B].map((marks) => ({ id: marks.id, hash: hashOfEntry(marks) }));
  expect(await port.call("missing", named)).toEqual(["a", "b"]);
  const block = blockOf(A) as Parameters<typeof port.call<"commit">>[1];
  const { vectors } = block;
  const counts = await port.call("commit", block, { transfer: [vectors.buffer as ArrayBuffer] });
  expect(counts).toMatchObject({ generation: 1, entries: 1, rows: 2 });
  expect(await port.call("missing", named)).toEqual(["b"]);
  expect((await client.search(QUERY, 9)).hits).toEqual(new Model().commit([A]).search(QUERY, 9));
  const document: StoredDocument = { id: "d", text: "t", passages: [{ start: 0, end: 1 }] };
  const bad = { ...block, entries: [{ id: "d", hash: "h", rows: 1, payload: document }] };
  expect(await codeOf(port.call("commit", { ...bad, vectors: new Float32Array(2) }))).toBe(
    "INVALID_VECTOR",
  );
});

it("a worker that died is replaced by one that answers the same, and its ports end", async () => {
  const client = make();
  await client.commit(blockOf(A, B));
  const before = await client.search(QUERY, 9);
  const ended = Promise.withResolvers<string>();
  const port = new Connection<IngestCalls>(await client.connect(), ({ code }) =>
    ended.resolve(code),
  );
  await port.ready;
  workers[0]!.terminate();
  expect(await ended.promise).toBe("WORKER_LOST");
  // The page learns of it through the worker's life lock, in its own time.
  await expect.poll(() => codeOf(client.search(QUERY, 9)), { timeout: 20_000 }).toBe("fulfilled");
  const after = await client.search(QUERY, 9);
  expect(after.hits).toEqual(before.hits);
  expect(client.generation).toBe(2);
});

it("two clients of one name see each other's changes", async () => {
  const [one, other] = [make(), make()];
  await Promise.all([one.open(), other.open()]);
  await one.commit(blockOf(A));
  expect((await other.search(QUERY, 9)).hits).toEqual(new Model().commit([A]).search(QUERY, 9));
  await Promise.all([one.commit(blockOf(B)), other.remove(["a"])]);
  expect((await one.search(QUERY, 9)).hits).toEqual(new Model().commit([B]).search(QUERY, 9));
});

it("an index of another model is refused by name, can be destroyed, and is then begun anew", async () => {
  await make().commit(blockOf(A));
  const other = make({ fingerprint: "another" });
  expect(await codeOf(other.open())).toBe("MODEL_MISMATCH");
  expect(await codeOf(other.search(QUERY, 1))).toBe("MODEL_MISMATCH");
  await other.destroy();
  expect(await codeOf(other.open())).toBe("CLOSED");
  expect(await make({ fingerprint: "another" }).open()).toMatchObject({ entries: 0, degraded: [] });
});

it("destroy leaves neither database nor note", async () => {
  const client = make();
  await client.commit(blockOf(A));
  await client.destroy();
  expect(await codeOf(client.search(QUERY, 1))).toBe("CLOSED");
  const names = (await indexedDB.databases()).map((database) => database.name);
  expect(names).not.toContain(`nearfield:${name}`);
  expect(Object.keys(localStorage).filter((key) => key.includes(name))).toEqual([]);
});

it("a database that vanished between two visits is a loss and no first visit, until it is filled again", async () => {
  const first = make();
  await first.commit(blockOf(A));
  first.close();
  await new Promise((deleted) => {
    indexedDB.deleteDatabase(`nearfield:${name}`).addEventListener("success", deleted);
  });
  for (let visit = 0; visit < 2; visit++) {
    const again = make();
    expect((await again.open()).degraded).toMatchObject([{ code: "STORAGE_LOST" }]);
    again.close();
  }
  await make().commit(blockOf(B));
  expect((await make().open()).degraded).toEqual([]);
});

it("a store of a later format is refused by name", async () => {
  await make().commit(blockOf(A));
  await changeRaw<object>(name, "manifest", "manifest", (record) => ({ ...record, format: 2 }));
  expect(await codeOf(make().open())).toBe("FORMAT_TOO_NEW");
});

it("what a caller gave up settles at once, and the index goes on", async () => {
  const client = make();
  await client.open();
  const signal = AbortSignal.abort();
  expect(await codeOf(client.search(QUERY, 1, { signal }))).toBe("ABORTED");
  const controller = new AbortController();
  const search = client.search(QUERY, 1, { signal: controller.signal });
  controller.abort();
  expect(await codeOf(search)).toBe("ABORTED");
  expect((await client.search(QUERY, 1)).hits).toEqual([]);
  client.close();
  expect(await codeOf(client.search(QUERY, 1))).toBe("CLOSED");
});

it("a filter crosses to the worker, and a bad one is refused by field", async () => {
  const client = make();
  await client.commit(blockOf(A, B));
  const { hits } = await client.search(QUERY, 10, { filter: { rows: { gte: 3 } } });
  expect(hits).toEqual(new Model().commit([B]).search(QUERY, 10));
  const filter = { rows: () => true } as never;
  expect(await codeOf(client.search(QUERY, 1, { filter }))).toBe("INVALID_FILTER");
});

it("an invalid search is refused by name across the worker", async () => {
  const client = make();
  expect(await codeOf(client.search(new Float32Array(1), 1))).toBe("INVALID_VECTOR");
  expect(await codeOf(client.search(QUERY, 0))).toBe("INVALID_OPTION");
});

it("an index in memory that died with its worker is told as lost, and not shown as empty without a word", async () => {
  // A worker in which IndexedDB is not there.
  const source = `Object.defineProperty(globalThis, "indexedDB", { value: undefined });
    await import(${JSON.stringify(new URL("./worker.ts", import.meta.url).href)});`;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const client = make({
    spawn: () => {
      const worker = new Worker(url, { type: "module" });
      workers.push(worker);
      return worker;
    },
  });
  expect(await client.commit(blockOf(A))).toMatchObject({
    persistence: "ephemeral",
    entries: 1,
    degraded: [{ code: "STORAGE_UNAVAILABLE" }],
  });
  workers.at(-1)!.terminate();
  // What was under way, or is asked before the death is known, may reject; then it is told.
  await expect
    .poll(() => client.report().catch(() => undefined), { timeout: 20_000 })
    .toMatchObject({
      entries: 0,
      degraded: [{ code: "STORAGE_UNAVAILABLE" }, { code: "STORAGE_LOST" }],
    });
  const { report } = await client.search(QUERY, 3);
  expect(report.degraded.map(({ code }) => code)).toContain("STORAGE_LOST");
  URL.revokeObjectURL(url);
});
