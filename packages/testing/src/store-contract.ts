import {
  isRetrievalError,
  type ManifestRecord,
  type RecordKey,
  type SegmentStore,
  type StoreChange,
  type StoreTable,
} from "@nearfield/core";
import { describe, expect, it } from "vitest";
import { seededRandom } from "./seeded.ts";

/** Where the suite gets its stores from. */
export interface StoreFactory {
  /** A store of its own on the index of this name, which begins empty; two of one name share what they hold. */
  readonly open: (index: string) => Promise<SegmentStore>;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** What `SegmentStore` promises. Each store runs it in each environment that it serves. */
export function storeContract(name: string, { open }: StoreFactory): void {
  let count = 0;
  const withStores = async (
    stores: number,
    run: (...stores: [SegmentStore, ...SegmentStore[]]) => Promise<void>,
  ): Promise<void> => {
    const index = `contract ${name} ${++count} ${Math.random()}`;
    const opened: SegmentStore[] = [];
    try {
      while (opened.length < stores) opened.push(await open(index));
      await run(...(opened as [SegmentStore, ...SegmentStore[]]));
    } finally {
      for (const store of opened) store.close();
      await (await open(index)).destroy();
    }
  };

  describe(`${name}: one store`, () => {
    it("begins without a manifest and without records", () =>
      withStores(1, async (store) => {
        expect(await store.read("segments", [1])).toEqual({
          manifest: undefined,
          records: ["absent"],
        });
        expect(await store.keys("entries")).toEqual({ manifest: undefined, keys: [] });
      }));

    it("gives back what was committed, in the order that is asked for", () =>
      withStores(1, async (store) => {
        const puts = [
          { table: "segments", key: 1, bytes: bytesOf(1, 70_000) },
          { table: "segments", key: 2, bytes: bytesOf(2, 10) },
          { table: "bitmaps", key: 1, bytes: bytesOf(3, 3) },
          { table: "entries", key: "a", bytes: bytesOf(4, 0) },
        ] as const;
        const manifest = manifestOf(1);
        expect(await store.commit(changeOf(undefined, manifest, { puts }))).toBe(true);
        expect(await store.read("segments", [2, 3, 1, 2])).toEqual({
          manifest,
          records: [puts[1].bytes, "absent", puts[0].bytes, puts[1].bytes],
        });
        expect((await store.read("bitmaps", [1])).records).toEqual([puts[2].bytes]);
        expect((await store.read("entries", ["a"])).records).toEqual([puts[3].bytes]);
      }));

    it("replaces and deletes records", () =>
      withStores(1, async (store) => {
        const first = manifestOf(1);
        const puts = ["a", "b", "c"].map((key) => entryOf(key, 1));
        await store.commit(changeOf(undefined, first, { puts }));
        const second = manifestOf(2);
        const change = { puts: [entryOf("b", 2)], deletes: [["entries", "c"]] as const };
        expect(await store.commit(changeOf(first, second, change))).toBe(true);
        expect(await store.read("entries", ["a", "b", "c"])).toEqual({
          manifest: second,
          records: [entryOf("a", 1).bytes, entryOf("b", 2).bytes, "absent"],
        });
        expect((await store.keys("entries")).keys).toEqual(["a", "b"]);
      }));

    it.each([
      ["another generation", { generation: 7 }],
      ["another lineage", { lineage: "another" }],
    ])("changes nothing for a change made from %s", (_, other) =>
      withStores(1, async (store) => {
        const first = manifestOf(1);
        await store.commit(changeOf(undefined, first, { puts: [entryOf("a", 1)] }));
        const change = { puts: [entryOf("a", 2), entryOf("b", 2)] };
        const stale = changeOf({ ...first, ...other }, manifestOf(2), change);
        expect(await store.commit(stale)).toBe(false);
        expect(await store.read("entries", ["a", "b"])).toEqual({
          manifest: first,
          records: [entryOf("a", 1).bytes, "absent"],
        });
      }),
    );

    it("refuses to begin twice", () =>
      withStores(1, async (store) => {
        await store.commit(changeOf(undefined, manifestOf(1)));
        expect(await store.commit(changeOf(undefined, manifestOf(1)))).toBe(false);
      }));

    it("refuses to go on from a manifest where there is none", () =>
      withStores(1, async (store) => {
        expect(await store.commit(changeOf(manifestOf(1), manifestOf(2)))).toBe(false);
        expect((await store.read("entries", [])).manifest).toBeUndefined();
      }));

    it("lists keys by code unit, whatever string they are", () =>
      withStores(1, async (store) => {
        const keys = ["b", "__proto__", "\ud800", "a\0", "\uffff", "\u{1f600}", "constructor", "B"];
        await store.commit(
          changeOf(undefined, manifestOf(1), { puts: keys.map((key) => entryOf(key, 1)) }),
        );
        const sorted = [
          "B",
          "__proto__",
          "a\0",
          "b",
          "constructor",
          "\ud800",
          "\u{1f600}",
          "\uffff",
        ];
        expect((await store.keys("entries")).keys).toEqual(sorted);
        for (const key of keys) {
          expect((await store.read("entries", [key])).records).toEqual([entryOf(key, 1).bytes]);
        }
      }));

    it("lists numbers by size", () =>
      withStores(1, async (store) => {
        const puts = [10, 9, 100].map(
          (key) => ({ ...entryOf("", 1), table: "segments", key }) as const,
        );
        await store.commit(changeOf(undefined, manifestOf(1), { puts }));
        expect((await store.keys("segments")).keys).toEqual([9, 10, 100]);
      }));

    it("keeps bytes of its own", () =>
      withStores(1, async (store) => {
        const { table, key, bytes } = entryOf("a", 1);
        const before = bytes.slice();
        await store.commit(changeOf(undefined, manifestOf(1), { puts: [{ table, key, bytes }] }));
        bytes.fill(0);
        const { records } = await store.read("entries", ["a"]);
        expect(records).toEqual([before]);
        (records[0] as Bytes).fill(0);
        expect((await store.read("entries", ["a"])).records).toEqual([before]);
      }));

    it("stores of a view only what is seen", () =>
      withStores(1, async (store) => {
        const bytes = bytesOf(1, 1 << 20).subarray(7, 23);
        const puts = [{ table: "entries", key: "a", bytes }] as const;
        await store.commit(changeOf(undefined, manifestOf(1), { puts }));
        const [record] = (await store.read("entries", ["a"])).records as [Bytes];
        expect(record).toEqual(bytes.slice());
        expect(record.buffer.byteLength).toBe(16);
      }));

    it("carries records of the size of a full segment", () =>
      withStores(1, async (store) => {
        const bytes = bytesOf(1, 6 << 20);
        const puts = [{ table: "segments", key: 1, bytes }] as const;
        await store.commit(changeOf(undefined, manifestOf(1), { puts }));
        const [record] = (await store.read("segments", [1])).records as [Bytes];
        expect(record.length).toBe(bytes.length);
        expect(record.every((byte, at) => byte === bytes[at])).toBe(true);
      }));

    it("keeps a stage out of sight until it is committed, and then has nothing else", () =>
      withStores(1, async (store) => {
        const [first, second] = [manifestOf(1), manifestOf(2)];
        const old = [entryOf("a", 1), entryOf("b", 1)];
        await store.commit(changeOf(undefined, first, { puts: old }));
        const stage = await store.stage();
        await stage.put([entryOf("a", 2)]);
        await stage.put([entryOf("c", 2)]);
        expect(await store.keys("entries")).toEqual({ manifest: first, keys: ["a", "b"] });
        expect((await store.read("entries", ["a", "c"])).records).toEqual([
          entryOf("a", 1).bytes,
          "absent",
        ]);
        expect(await stage.commit(first, second)).toBe(true);
        await stage.discard();
        expect(await store.keys("entries")).toEqual({ manifest: second, keys: ["a", "c"] });
        expect((await store.read("entries", ["a", "b", "c"])).records).toEqual([
          entryOf("a", 2).bytes,
          "absent",
          entryOf("c", 2).bytes,
        ]);
        const third = manifestOf(3);
        const change = { puts: [entryOf("d", 3)], deletes: [["entries", "a"]] as const };
        expect(await store.commit(changeOf(second, third, change))).toBe(true);
        expect(await store.keys("entries")).toEqual({ manifest: third, keys: ["c", "d"] });
        const again = await store.stage();
        await again.put([entryOf("z", 4)]);
        expect(await again.commit(third, manifestOf(4))).toBe(true);
        expect((await store.keys("entries")).keys).toEqual(["z"]);
      }));

    it("gives a stage up without a trace, and commits none of an old state", () =>
      withStores(1, async (store) => {
        const [first, second] = [manifestOf(1), manifestOf(2)];
        await store.commit(changeOf(undefined, first, { puts: [entryOf("a", 1)] }));
        const stage = await store.stage();
        await stage.put([entryOf("b", 1)]);
        await store.commit(changeOf(first, second));
        expect(await stage.commit(first, manifestOf(9))).toBe(false);
        await stage.discard();
        await stage.discard();
        expect(await store.keys("entries")).toEqual({ manifest: second, keys: ["a"] });
      }));

    it("is empty after destroy, and closed", () =>
      withStores(1, async (store) => {
        await store.commit(changeOf(undefined, manifestOf(1), { puts: [entryOf("a", 1)] }));
        await store.destroy();
        expect(await codeOf(store.read("entries", []))).toBe("CLOSED");
      }));

    it("rejects all calls after close, and may be closed twice", () =>
      withStores(1, async (store) => {
        store.close();
        store.close();
        expect(await codeOf(store.read("entries", ["a"]))).toBe("CLOSED");
        expect(await codeOf(store.keys("entries"))).toBe("CLOSED");
        expect(await codeOf(store.commit(changeOf(undefined, manifestOf(1))))).toBe("CLOSED");
      }));
  });

  describe(`${name}: several stores on one index`, () => {
    it("see each other's commits", () =>
      withStores(2, async (one, other) => {
        const [first, second] = [manifestOf(1), manifestOf(2)];
        await one.commit(changeOf(undefined, first, { puts: [entryOf("a", 1)] }));
        expect(await other!.read("entries", ["a"])).toEqual({
          manifest: first,
          records: [entryOf("a", 1).bytes],
        });
        await other!.commit(changeOf(first, second, { deletes: [["entries", "a"]] }));
        expect(await one.read("entries", ["a"])).toEqual({ manifest: second, records: ["absent"] });
      }));

    it("let exactly one win of those that commit from the same state", () =>
      withStores(4, async (...stores) => {
        const first = manifestOf(1);
        await stores[0].commit(changeOf(undefined, first));
        const won = await Promise.all(
          stores.map((store, at) =>
            store.commit(changeOf(first, manifestOf(2), { puts: [entryOf("a", at)] })),
          ),
        );
        expect(won.filter(Boolean)).toHaveLength(1);
        const { records } = await stores[0].read("entries", ["a"]);
        expect(records).toEqual([entryOf("a", won.indexOf(true)).bytes]);
      }));

    it("lose no update when all of them count up at once", () =>
      withStores(3, async (...stores) => {
        await stores[0].commit(changeOf(undefined, manifestOf(0)));
        const rounds = 10;
        const countUp = async (store: SegmentStore) => {
          for (let done = 0; done < rounds;) {
            const { manifest } = await store.read("entries", []);
            const key = `${manifest!.generation}`;
            const next = manifestOf(manifest!.generation + 1);
            if (await store.commit(changeOf(manifest, next, { puts: [entryOf(key, 1)] }))) done++;
          }
        };
        await Promise.all(stores.map(countUp));
        const { manifest, keys } = await stores[0].keys("entries");
        expect(manifest!.generation).toBe(rounds * stores.length);
        expect(keys).toHaveLength(rounds * stores.length);
      }));

    it("fill stages at once, of which each that is committed is whole", () =>
      withStores(3, async (...stores) => {
        await stores[0].commit(changeOf(undefined, manifestOf(1), { puts: [entryOf("a", 0)] }));
        const answers = await Promise.all(
          stores.map(async (store, at) => {
            const stage = await store.stage();
            for (const id of ["x", "y"]) await stage.put([entryOf(`${id} ${at}`, at)]);
            const isCommitted = await stage.commit(manifestOf(1), manifestOf(2));
            await stage.discard();
            return isCommitted;
          }),
        );
        const winner = answers.indexOf(true);
        expect(answers.filter(Boolean)).toHaveLength(1);
        for (const store of stores) {
          const { manifest, keys } = await store.keys("entries");
          expect({ manifest, keys }).toEqual({
            manifest: manifestOf(2),
            keys: [`x ${winner}`, `y ${winner}`],
          });
        }
      }));

    it("take turns, and one that fails lets the next one in", () =>
      withStores(3, async (...stores) => {
        let running = 0;
        let most = 0;
        const task = async (at: number) => {
          most = Math.max(most, ++running);
          await stores[at]!.read("entries", []);
          running--;
          if (at === 1) throw new Error("of the task");
          return at;
        };
        const results = await Promise.allSettled(
          stores.map((store, at) => store.takeTurn(() => task(at))),
        );
        expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
        // A store whose transactions are instants need not make anybody wait.
        if (stores[0].persistence !== "ephemeral") expect(most).toBe(1);
      }));

    it("never see records of one state beside the manifest of another", () =>
      withStores(2, async (writer, reader) => {
        await writer.commit(changeOf(undefined, manifestOf(0), { puts: [entryOf("a", 0)] }));
        let isWriting = true;
        const writing = (async () => {
          for (let at = 1; at <= 40; at++) {
            const puts = [entryOf("a", at)];
            await writer.commit(changeOf(manifestOf(at - 1), manifestOf(at), { puts }));
          }
          isWriting = false;
        })();
        while (isWriting) {
          const { manifest, records } = await reader!.read("entries", ["a"]);
          expect(records).toEqual([entryOf("a", manifest!.generation).bytes]);
        }
        await writing;
      }));

    it("tell the others of a commit", () =>
      withStores(2, async (one, other) => {
        let own = 0;
        one.watch(() => own++);
        await new Promise<void>((heard, failed) => {
          other!.watch(heard);
          one.commit(changeOf(undefined, manifestOf(1))).catch(failed);
        });
        expect(own).toBe(0);
      }));

    it("go on when one of them is closed", () =>
      withStores(2, async (one, other) => {
        await one.commit(changeOf(undefined, manifestOf(1)));
        one.close();
        expect(await other!.commit(changeOf(manifestOf(1), manifestOf(2)))).toBe(true);
      }));
  });
}

function manifestOf(generation: number): ManifestRecord {
  return {
    format: 1,
    lineage: "line",
    generation,
    bytes: bytesOf(generation, 20),
    checksum: generation,
  };
}

function entryOf(key: string, version: number): { table: "entries"; key: string; bytes: Bytes } {
  return { table: "entries", key, bytes: bytesOf(version + 1, 40) };
}

function changeOf(
  base: StoreChange["base"],
  manifest: ManifestRecord,
  {
    puts = [],
    deletes = [],
  }: {
    readonly puts?: StoreChange["puts"];
    readonly deletes?: readonly (readonly [StoreTable, RecordKey])[];
  } = {},
): StoreChange {
  return { base, manifest, puts, deletes: deletes.map(([table, key]) => ({ table, key })) };
}

function bytesOf(seed: number, length: number): Bytes {
  const { integer } = seededRandom(seed + 1);
  return new Uint8Array(length).map(() => integer(256));
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "fulfilled";
  } catch (thrown) {
    return isRetrievalError(thrown) ? thrown.code : `not ours: ${String(thrown)}`;
  }
}
