import type { EntryBlock } from "@nearfield/core";
import { createScanner } from "@nearfield/scan";
import { expect, it } from "vitest";
import { codeOf } from "./fixtures/flat-index-suite.ts";
import { withQuota } from "./fixtures/quota.ts";
import { dumpRaw } from "./fixtures/raw.ts";
import { FlatIndex } from "./flat-index.ts";
import { IndexedDbStore } from "./indexed-db-store.ts";
import { openFlatIndex } from "./open.ts";

const DIMENSIONS = 64;
const ROWS = 512;
const MEBIBYTE = 1 << 20;

/** Vectors that no compression makes smaller: browsers store values compressed. */
function noise(id: string): EntryBlock {
  const vectors = new Float32Array(ROWS * DIMENSIONS);
  const words = new Uint32Array(vectors.buffer);
  for (let at = 0; at < words.length; at += 8192) {
    crypto.getRandomValues(words.subarray(at, at + 8192));
  }
  // An exponent of all ones would be no number.
  for (let at = 0; at < words.length; at++) words[at] = (words[at] as number) & 0xbf7fffff;
  return {
    entries: [{ id, hash: "h", rows: ROWS, payload: { id } }],
    vectors,
    dimensions: DIMENSIONS,
  };
}

it("an index that begins on a full disk lives in memory and says so", () =>
  withQuota(1, async () => {
    const name = "index";
    const index = await openFlatIndex({ name, dimensions: DIMENSIONS, fingerprint: "space" });
    expect(await index.report()).toMatchObject({
      persistence: "ephemeral",
      degraded: [{ code: "STORAGE_FULL" }],
    });
    expect((await index.commit(noise("a"))).entries).toBe(1);
    await index.destroy();
  }));

it("a full disk refuses a commit, keeps what was there, and takes more once there is room", () =>
  withQuota(4 * MEBIBYTE, async () => {
    const name = "index";
    const store = await IndexedDbStore.open(name);
    const index = new FlatIndex({
      store,
      scanner: createScanner(DIMENSIONS),
      fingerprint: "space",
    });
    await index.open();
    const query = new Float32Array(DIMENSIONS).fill(1);
    const stored: string[] = [];
    let code = "fulfilled";
    for (let at = 0; code === "fulfilled" && at < 200; at++) {
      const id = `entry ${at}`;
      code = await codeOf(index.commit(noise(id)));
      if (code === "fulfilled") stored.push(id);
    }
    expect(code).toBe("STORAGE_FULL");
    expect(stored.length).toBeGreaterThan(8);

    const before = await dumpRaw(name);
    const { hits, report } = await index.search(query, 1e6);
    expect(new Set(hits.map(({ id }) => id))).toEqual(new Set(stored));
    expect(hits).toHaveLength(stored.length * ROWS);
    expect(report).toMatchObject({ entries: stored.length, degraded: [] });
    expect(await codeOf(index.commit(noise("too much")))).toBe("STORAGE_FULL");
    expect(await dumpRaw(name)).toEqual(before);
    expect((await index.search(query, 1e6)).hits).toEqual(hits);

    const { removed } = await index.remove(stored);
    expect(removed).toBe(stored.length);
    expect((await index.commit(noise("again"))).entries).toBe(1);
    expect((await index.search(query, 1)).hits[0]!.id).toBe("again");
    await index.destroy();
  }));

it("what can not fit is refused before any of it is written", async () => {
  const name = `room ${Math.random()}`;
  const index = await openFlatIndex({ name, dimensions: DIMENSIONS, fingerprint: "space" });
  await index.commit(noise("a"));
  const file = await index.export();
  const before = await dumpRaw(name);
  const own = Object.getOwnPropertyDescriptor(StorageManager.prototype, "estimate")!;
  let asked = 0;
  StorageManager.prototype.estimate = async () => ({ quota: 100 + ++asked, usage: 100 });
  try {
    const many = Array.from({ length: 10 }, (_, at) => noise(`b${at}`));
    const vectors = new Float32Array(many.length * ROWS * DIMENSIONS);
    many.forEach((block, at) => vectors.set(block.vectors, at * ROWS * DIMENSIONS));
    const block = {
      entries: many.flatMap(({ entries }) => entries),
      vectors,
      dimensions: DIMENSIONS,
    };
    expect(await codeOf(index.commit(block))).toBe("STORAGE_FULL");
    expect(asked).toBe(1);
    const padded = new Blob([file, new Uint8Array(MEBIBYTE)]);
    expect(await codeOf(index.import(padded))).toBe("STORAGE_FULL");
    expect(await dumpRaw(name)).toEqual(before);
    expect(await index.remove(["a"])).toMatchObject({ removed: 1 });
  } finally {
    Object.defineProperty(StorageManager.prototype, "estimate", own);
    await index.destroy();
  }
});
