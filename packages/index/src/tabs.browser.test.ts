import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clearDatabases } from "./fixtures/devtools.ts";
import { codeOf, makeIndex } from "./fixtures/flat-index-suite.ts";
import { blockOf, DIMENSIONS, Model, queryOf, type Marks } from "./fixtures/model.ts";
import { dumpRaw, openRaw } from "./fixtures/raw.ts";
import type { FlatIndex, FlatIndexOptions } from "./flat-index.ts";
import { IndexedDbStore, type IndexedDbStoreOptions } from "./indexed-db-store.ts";

const QUERY = queryOf(3);
const A: Marks = { id: "a", version: 1, rows: 2 };
const B: Marks = { id: "b", version: 1, rows: 2 };

let name: string;
let opened: FlatIndex[];

beforeEach(() => {
  name = `tabs ${Math.random()}`;
  opened = [];
});
afterEach(async () => {
  for (const index of opened) await index.close();
  await IndexedDbStore.delete(name);
});

async function open(
  storeOptions: IndexedDbStoreOptions = {},
  options: Partial<FlatIndexOptions> = {},
): Promise<FlatIndex> {
  const index = makeIndex(await IndexedDbStore.open(name, storeOptions), options);
  opened.push(index);
  await index.open();
  return index;
}

it("connections that commit, replace and delete at once lose nothing and agree in the end", async () => {
  const connections = [await open(), await open(), await open(), await open()];
  const rounds = 25;
  await Promise.all(
    connections.map(async (connection, by) => {
      for (let round = 0; round < rounds; round++) {
        const own = { id: `${by}-${round}`, version: 1, rows: 1 + (round % 4) };
        const contested = { id: "contested", version: by, rows: 1 };
        await connection.commit(blockOf(own, contested));
        // What was acknowledged is found at once, by all.
        const other = connections[(by + 1) % connections.length]!;
        const { hits } = await other.search(QUERY, 1e6);
        expect(hits.filter(({ id }) => id === own.id)).toHaveLength(own.rows);
        expect(hits.filter(({ id }) => id === "contested")).toHaveLength(1);
        if (round % 5 === 4) await connection.remove([`${by}-${round - 1}`]);
      }
    }),
  );
  const answers = await Promise.all(connections.map((each) => each.search(QUERY, 1e6)));
  for (const { hits, report } of answers) {
    expect(hits).toEqual(answers[0]!.hits);
    expect(report).toMatchObject({ entries: 4 * 20 + 1, generation: 4 * (25 + 5), degraded: [] });
  }
  const fresh = await open();
  expect((await fresh.search(QUERY, 1e6)).hits).toEqual(answers[0]!.hits);
});

it("a search under way while others commit shows whole commits only", async () => {
  const [writer, reader] = [await open(), await open()];
  const pair = (version: number) => [
    { id: "left", version, rows: 1 },
    { id: "right", version, rows: 1 },
  ];
  // From here on all versions say in their payload which they are.
  const first = 4;
  await writer.commit(blockOf(...pair(first)));
  let isWriting = true;
  const writing = (async () => {
    for (let version = first; version <= 50; version++)
      await writer.commit(blockOf(...pair(version)));
    isWriting = false;
  })();
  let last = 0;
  while (isWriting) {
    const { hits } = await reader.search(QUERY, 10);
    const versions = hits.map(({ payload }) => (payload as { version: number }).version);
    expect(hits).toHaveLength(2);
    expect(versions[0]).toBe(versions[1]);
    expect(versions[0]).toBeGreaterThanOrEqual(last);
    last = versions[0]!;
  }
  await writing;
});

it("a commit is seen by the next search of another, though every notice is lost", async () => {
  const [one, other] = [await open(), await open()];
  const real = Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, "postMessage")!;
  Object.defineProperty(BroadcastChannel.prototype, "postMessage", { ...real, value: () => {} });
  try {
    await one.commit(blockOf(A));
    expect((await other.search(QUERY, 9)).hits).toEqual(new Model().commit([A]).search(QUERY, 9));
    await other.remove(["a"]);
    expect((await one.search(QUERY, 9)).hits).toEqual([]);
  } finally {
    Object.defineProperty(BroadcastChannel.prototype, "postMessage", real);
  }
});

it("an entry that another has deleted is stored again, though this one remembers it", async () => {
  const [one, other] = [await open(), await open()];
  await one.commit(blockOf(A));
  await other.remove(["a"]);
  expect(await one.commit(blockOf(A))).toMatchObject({ entries: 1, generation: 3 });
});

it("two that begin one index with different models do not mix them", async () => {
  const stores = [await IndexedDbStore.open(name), await IndexedDbStore.open(name)];
  const indexes = stores.map((store, at) => makeIndex(store, { fingerprint: `space ${at}` }));
  opened.push(...indexes);
  const codes = await Promise.all(indexes.map((index) => codeOf(index.open())));
  expect(codes.sort()).toEqual(["MODEL_MISMATCH", "fulfilled"]);
});

describe("another tab that", () => {
  it("brings a newer version is let through at once, and this one asks for a reload", async () => {
    const index = await open();
    await index.commit(blockOf(A));
    const newer = await openRaw(name, 2);
    expect(newer.version).toBe(2);
    newer.close();
    expect(await codeOf(index.search(QUERY, 1))).toBe("UPGRADE_REQUIRED");
    expect(await codeOf(index.commit(blockOf(B)))).toBe("UPGRADE_REQUIRED");
    expect((await index.report()).degraded).toMatchObject([{ code: "UPGRADE_REQUIRED" }]);
  });

  it("deletes the index is let through, and the loss is told", async () => {
    const index = await open();
    await index.commit(blockOf(A));
    await IndexedDbStore.delete(name);
    const { hits, report } = await index.search(QUERY, 9);
    expect(hits).toEqual([]);
    expect(report).toMatchObject({ entries: 0, degraded: [{ code: "STORAGE_LOST" }] });
    expect(await index.commit(blockOf(B))).toMatchObject({ entries: 1, generation: 1 });
  });

  it("made the index anew up to the same generation is told from the one before", async () => {
    const index = await open();
    await index.commit(blockOf(A));
    await IndexedDbStore.delete(name);
    const other = await open();
    await other.commit(blockOf(B));
    const { hits, report } = await index.search(QUERY, 9);
    expect(hits).toEqual(new Model().commit([B]).search(QUERY, 9));
    expect(report.degraded).toMatchObject([{ code: "STORAGE_LOST" }]);
  });

  it("hangs in a transaction makes a commit time out, and nothing of it happens later", async () => {
    const index = await open({ timeoutMs: 1500 });
    const release = await hang();
    expect(await codeOf(index.commit(blockOf(A)))).toBe("TIMEOUT");
    expect(await codeOf(index.search(QUERY, 1))).toMatch(/TIMEOUT|fulfilled/);
    release();
    const before = await dumpRaw(name);
    expect((await index.search(QUERY, 9)).hits).toEqual([]);
    expect(await dumpRaw(name)).toEqual(before);
    expect(await index.commit(blockOf(A))).toMatchObject({ entries: 1, generation: 1 });
  });
});

describe("a lease", () => {
  const lock = () => `nearfield:${name}:write`;
  const hold = (request: (granted: () => Promise<void>) => void) =>
    new Promise<() => void>((held) => {
      request(() => new Promise<void>((release) => held(release)));
    });

  it("that has run out does not keep others from writing, then or later", async () => {
    const [one, other] = [await open({ leaseMs: 200 }), await open({ leaseMs: 200 })];
    const release = await hold(
      (granted) => void navigator.locks.request(lock(), granted).catch(() => {}),
    );
    await one.commit(blockOf(A));
    await other.commit(blockOf(B));
    // It was taken from its holder, who is not there to give it back.
    expect((await navigator.locks.query()).held?.some(({ name: held }) => held === lock())).toBe(
      false,
    );
    release();
    expect((await one.search(QUERY, 9)).hits).toEqual(new Model().commit([A, B]).search(QUERY, 9));
  });

  it("that was taken away leaves the slow one's commit to the same rules as any other", async () => {
    const [slow, quick] = [await open(), await open({ leaseMs: 100 })];
    const stolen = slow.commit(blockOf(A));
    const never = () => new Promise<void>(() => {});
    navigator.locks.request(lock(), { steal: true }, never).catch(() => {});
    await quick.commit(blockOf(B));
    await stolen;
    for (const index of [slow, quick]) {
      expect((await index.search(QUERY, 9)).hits).toEqual(
        new Model().commit([A, B]).search(QUERY, 9),
      );
    }
  });

  it("is not held while nobody writes", async () => {
    const index = await open();
    await index.commit(blockOf(A));
    await index.search(QUERY, 1);
    const { held = [], pending = [] } = await navigator.locks.query();
    const names = [...held, ...pending].map(({ name: each }) => each);
    expect(names.filter((each) => each?.startsWith(`nearfield:${name}`))).toEqual([]);
  });
});

describe("an import", () => {
  it("is seen by others as one commit, and what it replaced is gone from the database", async () => {
    const [one, other] = [await open(), await open()];
    await one.commit(blockOf(A));
    const file = await one.export();
    await one.commit(blockOf(B, { ...A, version: 2 }));
    await one.import(file);
    const model = new Model().commit([A]);
    expect((await other.search(QUERY, 9)).hits).toEqual(model.search(QUERY, 9));
    expect(await other.commit(blockOf(B))).toMatchObject({ entries: 2, degraded: [] });
    const left = async () => Object.keys(await dumpRaw(name)).sort();
    await expect.poll(left, { timeout: 10_000 }).toHaveLength(1 + 2 + 2);
    const fresh = await open();
    expect((await fresh.search(QUERY, 9)).hits).toEqual(model.commit([B]).search(QUERY, 9));
    expect((await fresh.report()).degraded).toEqual([]);
  });

  it("that died leaves nothing behind, once somebody opens the index again", async () => {
    const index = await open();
    await index.commit(blockOf(A));
    const before = await dumpRaw(name);
    const store = await IndexedDbStore.open(name);
    const stage = await store.stage();
    await stage.put([{ table: "entries", key: "x", bytes: new Uint8Array(9) }]);
    store.close(); // without a discard, as if its worker had died; and then the browser gives its lock back:
    const lock = `nearfield:${name}:stage`;
    await navigator.locks.request(lock, { steal: true }, () => {});
    expect(Object.keys(await dumpRaw(name))).toHaveLength(Object.keys(before).length + 1);
    await open();
    await expect.poll(() => dumpRaw(name), { timeout: 10_000 }).toEqual(before);
  });

  it("is not swept away while another tab opens the index", async () => {
    const index = await open();
    await index.commit(blockOf(A));
    const store = await IndexedDbStore.open(name);
    const stage = await store.stage();
    await stage.put([{ table: "entries", key: "x", bytes: new Uint8Array(9) }]);
    const before = await dumpRaw(name);
    await open();
    await open();
    expect(await dumpRaw(name)).toEqual(before);
    await stage.discard();
    store.close();
  });

  it("whose records have gone meanwhile is refused, and changes nothing", async () => {
    const index = await open();
    await index.commit(blockOf(A));
    const store = await IndexedDbStore.open(name);
    const { manifest } = await store.read("entries", []);
    const stage = await store.stage();
    await stage.put([{ table: "entries", key: "x", bytes: new Uint8Array(9) }]);
    const database = await openRaw(name);
    const transaction = database.transaction("entries", "readwrite");
    transaction.objectStore("entries").delete(IDBKeyRange.lowerBound([]));
    await new Promise((done) => transaction.addEventListener("complete", done));
    database.close();
    expect(await codeOf(stage.commit(manifest, { ...manifest!, generation: 9 }))).toBe(
      "STORAGE_LOST",
    );
    await stage.discard();
    store.close();
    expect((await index.search(QUERY, 9)).hits).toEqual(new Model().commit([A]).search(QUERY, 9));
  });
});

it("a clock that jumps back, and one that stands still, change nothing", async () => {
  const [one, other] = [await open({ leaseMs: 300 }), await open({ leaseMs: 300 })];
  const { now } = Date;
  let time = 2e12;
  try {
    for (const step of [-3.2e11, 0]) {
      Date.now = () => (time += step);
      await one.commit(blockOf(A));
      await other.commit(blockOf(B));
      await other.import(await one.export());
      await one.remove(["a"]);
      expect((await other.search(QUERY, 9)).hits).toEqual(new Model().commit([B]).search(QUERY, 9));
      await other.remove(["b"]);
    }
  } finally {
    Date.now = now;
  }
  expect(await one.report()).toMatchObject({ entries: 0, degraded: [] });
});

it("storage that is cleared while open is noticed, told, and written to again", async () => {
  const index = await open();
  await index.commit(blockOf(A));
  await clearDatabases();
  const { hits, report } = await index.search(QUERY, 9);
  expect(hits).toEqual([]);
  expect(report.degraded).toMatchObject([{ code: "STORAGE_LOST" }]);
  expect(await index.commit(blockOf(B))).toMatchObject({ entries: 1 });
});

it("a search that meets the clearing of the site's data is answered all the same", async () => {
  const index = await open();
  for (let round = 0; round < 20; round++) {
    await index.commit(blockOf(A));
    const clearing = clearDatabases();
    // Before, while and after the databases go.
    const asked = Array.from({ length: 8 }, async (_, at) => {
      await new Promise((resolve) => setTimeout(resolve, at * 2));
      return (await index.search(QUERY, 9)).hits.length;
    });
    for (const found of await Promise.all(asked)) expect([0, A.rows]).toContain(found);
    await clearing;
  }
});

it("an index that is not the one that was seen last, or an older state of it, is told", async () => {
  const first = await open();
  const seen = await first.commit(blockOf(A));
  const lastSeen = { lineage: seen.lineage, generation: seen.generation };
  const degraded = async (token: typeof lastSeen) =>
    (await (await open({}, { lastSeen: token })).report()).degraded.map(({ code }) => code);
  expect(await degraded(lastSeen)).toEqual([]);
  expect(await degraded({ ...lastSeen, generation: 0 })).toEqual([]);
  expect(await degraded({ ...lastSeen, generation: 9 })).toEqual(["STORAGE_ROLLED_BACK"]);
  expect(await degraded({ ...lastSeen, lineage: "another" })).toEqual(["STORAGE_LOST"]);
});

it("calls that are under way at close settle, and those after reject", async () => {
  const index = await open();
  const calls = [
    index.commit(blockOf(A)),
    index.commit(blockOf(B)),
    index.search(new Float32Array(DIMENSIONS), 1),
    index.remove(["a"]),
  ];
  const codes = Promise.all(calls.map(codeOf));
  await index.close();
  for (const code of await codes) expect(code).toMatch(/^(fulfilled|CLOSED)$/);
  expect(await codeOf(index.search(QUERY, 1))).toBe("CLOSED");
  expect(await codeOf(index.commit(blockOf(A)))).toBe("CLOSED");
  expect(await codeOf(index.report())).toBe("CLOSED");
  expect(await codeOf(index.destroy())).toBe("CLOSED");
});

/** Holds a readwrite transaction on everything open until released. */
async function hang(): Promise<() => void> {
  const database = await openRaw(name);
  let isReleased = false;
  const stores = [...database.objectStoreNames];
  const store = database.transaction(stores, "readwrite").objectStore("manifest");
  await new Promise<void>((started) => {
    const spin = () => {
      started();
      if (!isReleased) store.get("spin").addEventListener("success", spin);
    };
    store.get("spin").addEventListener("success", spin);
  });
  return () => {
    isReleased = true;
    database.close();
  };
}
