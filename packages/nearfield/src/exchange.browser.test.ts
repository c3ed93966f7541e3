import { isRetrievalError } from "@nearfield/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { IndexOptions } from "./index-options.ts";
import { openIndex } from "./open-index.ts";
import { openSearch } from "./open-search.ts";
import type { VectorIndex } from "./vector-index.ts";

let name: string;
let opened: AsyncDisposable[];

beforeEach(() => {
  name = `exchange ${Math.random()}`;
  opened = [];
});
afterEach(async () => {
  for (const each of opened) await each[Symbol.asyncDispose]();
  const names = (await indexedDB.databases()).map((database) => database.name ?? "");
  for (const left of names) if (left.includes(name)) indexedDB.deleteDatabase(left);
});

async function open(suffix = "", options: Partial<IndexOptions> = {}): Promise<VectorIndex> {
  const index = await openIndex({ name: name + suffix, dimensions: 4, ...options });
  opened.push(index);
  return index;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "fulfilled";
  } catch (thrown) {
    return isRetrievalError(thrown) ? thrown.code : `not ours: ${String(thrown)}`;
  }
}

const ROWS = Array.from({ length: 300 }, (_, at) => ({
  id: `row ${at}`,
  vector: [at % 7, at % 5, -(at % 3), 1],
  fields: { even: at % 2 === 0 },
}));
const QUERY = [1, -1, 2, 0.5];

/** Changes what is stored, as no call of ours would. */
async function damage(
  database: string,
  table: string,
  change: (key: IDBValidKey, value: unknown) => unknown,
): Promise<void> {
  const connection = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open(`nearfield:${database}`);
    request.addEventListener("success", () => resolve(request.result));
  });
  const transaction = connection.transaction(table, "readwrite");
  const store = transaction.objectStore(table);
  store.openCursor().addEventListener("success", (event) => {
    const cursor = (event.target as IDBRequest<IDBCursorWithValue | null>).result;
    if (!cursor) return;
    const changed = change(cursor.key, cursor.value);
    if (changed !== cursor.value) cursor.update(changed);
    cursor.continue();
  });
  await new Promise((done) => transaction.addEventListener("complete", done));
  connection.close();
}

it("an index of vectors goes into a file and comes out of it, as a blob and as a stream", async () => {
  const [one, two, three] = [await open(" 1"), await open(" 2"), await open(" 3")];
  await one.add(ROWS);
  await one.remove(["row 7"]);
  await two.add([{ id: "old", vector: [1, 2, 3, 4] }]);
  const file = await one.export();
  expect(await two.import(file)).toEqual({ rows: 299 });
  expect(await three.import(file.stream())).toEqual({ rows: 299 });
  const wanted = await one.query(QUERY, { limit: 1000 });
  for (const index of [two, three]) {
    expect((await index.query(QUERY, { limit: 1000 })).hits).toEqual(wanted.hits);
    expect(index.status().counts.rows).toBe(299);
    const filtered = await index.query(QUERY, { limit: 5, filter: { even: false } });
    expect(filtered.hits.every(({ fields }) => fields?.["even"] === false)).toBe(true);
  }
});

it("what is no file of this index is refused by name, and changes nothing", async () => {
  const index = await open();
  await index.add(ROWS);
  const before = await index.query(QUERY, { limit: 1000 });
  const other = await open(" other", { dimensions: 5 });
  const file = await index.export();
  const broken = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      controller.error(new Error("the network is gone"));
    },
  });
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: () => new Promise(() => {}),
  });
  const locked = file.stream();
  locked.getReader();
  expect(await codeOf(index.import(await other.export()))).toBe("MODEL_MISMATCH");
  expect(await codeOf(index.import(file.slice(0, -1)))).toBe("INVALID_FILE");
  expect(await codeOf(index.import(new Blob(["no"])))).toBe("INVALID_FILE");
  expect(await codeOf(index.import(broken))).toBe("SOURCE_FAILED");
  expect(await codeOf(index.import(locked))).toBe("INVALID_OPTION");
  expect(await codeOf(index.import("file" as unknown as Blob))).toBe("INVALID_OPTION");
  const signal = AbortSignal.timeout(50);
  expect(await codeOf(index.import(endless, { signal }))).toBe("ABORTED");
  expect(await codeOf(index.import(file, { signal }))).toBe("ABORTED");
  expect(await codeOf(index.export({ signal: "x" as unknown as AbortSignal }))).toBe(
    "INVALID_OPTION",
  );
  const after = await index.query(QUERY, { limit: 1000 });
  expect(after).toEqual(before);
});

it("rows that are damaged are named by repair, and come back when they are added again", async () => {
  const index = await open();
  await index.add(ROWS.slice(0, 200));
  await index.add(ROWS.slice(200));
  await index.close();
  await damage(`vectors:${name}`, "segments", (key, value) =>
    key === 1 ? new Uint8Array(500) : value,
  );
  const again = await open();
  expect(again.status()).toMatchObject({
    counts: { rows: 100 },
    degraded: [{ code: "STORAGE_CORRUPT", lostEntries: 200 }],
  });
  const { restored, lost } = await again.repair();
  expect(restored).toBe(0);
  expect([...lost].sort()).toEqual(
    ROWS.slice(0, 200)
      .map(({ id }) => id)
      .sort(),
  );
  await again.add(ROWS.slice(0, 200));
  expect(again.status()).toMatchObject({ counts: { rows: 300 }, degraded: [] });
  await again.compact();
  expect((await again.query(QUERY, { limit: 1000 })).hits).toHaveLength(300);
});

it("documents whose vectors are damaged are encoded again by repair, and a file needs no encoding", async () => {
  const documents = [
    { id: "bread", text: "Let the dough rise for an hour, then bake the loaf." },
    { id: "tides", text: "High water comes fifty minutes later each day.", title: "Tides" },
  ];
  const search = await openSearch({ name, device: "wasm" });
  opened.push(search);
  await search.add(documents);
  const wanted = await search.query("baking");
  await search.close();
  await damage(name, "segments", () => new Uint8Array(500));
  await damage(name, "manifest", (_, value) => ({ ...(value as object), checksum: 1 }));

  const again = await openSearch({ name, device: "wasm" });
  opened.push(again);
  expect(again.status().counts.documents).toBe(0);
  expect(again.status().degraded.map(({ code }) => code)).toContain("STORAGE_CORRUPT");
  expect(await again.repair()).toEqual({ restored: 2, lost: [] });
  expect((await again.query("baking")).hits).toEqual(wanted.hits);

  const file = await again.export();
  await again.remove(["bread"]);
  expect(await again.import(file)).toEqual({ documents: 2, passages: 2 });
  expect((await again.query("baking")).hits).toEqual(wanted.hits);
  expect(await again.add(documents)).toMatchObject({ added: 0, unchanged: 2 });
  expect(await codeOf(again.import(file.slice(0, 2000)))).toBe("INVALID_FILE");
});
