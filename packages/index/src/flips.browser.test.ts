import type { ManifestRecord } from "@nearfield/core";
import { RUN_ALL, seededRandom } from "@nearfield/testing";
import { afterEach, expect, it } from "vitest";
import { makeIndex } from "./fixtures/flat-index-suite.ts";
import { blockOf, Model, queryOf, type Marks } from "./fixtures/model.ts";
import { flipBit, readAllRaw, writeAllRaw, type RawRecord } from "./fixtures/raw.ts";
import { IndexedDbStore } from "./indexed-db-store.ts";

const PLACES = RUN_ALL ? 1000 : 40;
const SEED = 11;
const QUERY = queryOf(4);
const name = `flips ${Math.random()}`;

afterEach(() => IndexedDbStore.delete(name));

/** Segments with and without deleted rows, and an entry in two of them. */
async function fill(): Promise<Model> {
  const index = makeIndex(await IndexedDbStore.open(name));
  const some = (from: number, count: number): Marks[] =>
    Array.from({ length: count }, (_, at) => ({ id: `e${from + at}`, version: at % 3, rows: 2 }));
  const commits = [
    some(0, 40),
    some(40, 30),
    [{ id: "long", version: 1, rows: 4100 }],
    some(20, 8),
  ];
  let model = new Model();
  for (const entries of commits) {
    await index.commit(blockOf(...entries));
    model = model.commit(entries);
  }
  const gone = ["e1", "e2", "e45"];
  await index.remove(gone);
  await index.close();
  return model.remove(gone);
}

it(`one flipped bit in ${PLACES} places of any record is noticed, and never answers wrongly`, async () => {
  const truth = await fill();
  const answer = truth.search(QUERY, 1e6);
  const sound = await readAllRaw(name);
  const { integer } = seededRandom(SEED);
  const outcomes = { unaffected: 0, refused: 0, repaired: 0, lost: 0 };
  // Each table in its turn: the few records of a kind are as likely as the many of another.
  const tables = [...new Set(sound.map(({ table }) => table))];
  for (let place = 0; place < PLACES; place++) {
    const own = sound.filter(({ table }) => table === tables[place % tables.length]);
    const record = own[integer(own.length)]!;
    const { what, damaged } = flip(record, integer);
    const told = `seed ${SEED}, place ${place}: ${record.table} ${JSON.stringify(record.key)}, ${what}`;
    await writeAllRaw(name, [damaged]);
    const index = makeIndex(await IndexedDbStore.open(name));
    const opening = await index.open().then(
      () => "opened",
      (thrown: { code: string }) => thrown.code,
    );
    if (opening === "opened") {
      const { hits, report } = await index.search(QUERY, 1e6);
      // Nothing but what is true, in the true order; what is missing is told.
      const found = new Set(hits.map(({ id }) => id));
      expect(hits, told).toEqual(answer.filter(({ id }) => found.has(id)));
      const missing = truth.entries.size - found.size;
      const lost = report.degraded.find(({ lostEntries }) => lostEntries)?.lostEntries ?? 0;
      expect(lost, told).toBe(missing);
      if (record.table !== "extras") {
        const again = makeIndex(await IndexedDbStore.open(name));
        const repair = await again.repair();
        const after = (await again.search(QUERY, 1e6)).hits;
        const gone = new Set(repair.lost);
        expect(after, told).toEqual(answer.filter(({ id }) => !gone.has(id)));
        const isNoticed =
          missing > 0 || report.degraded.length > 0 || repair.restored + repair.mended > 0;
        expect(isNoticed, told).toBe(true);
        if (gone.size > 0) outcomes.lost++;
        else outcomes.repaired++;
        await again.close();
      } else outcomes.unaffected++;
    } else {
      // The number of the format is looked at before its checksum: what a newer version wrote is left alone.
      expect(opening, told).toBe("FORMAT_TOO_NEW");
      outcomes.refused++;
    }
    await index.close();
    await writeAllRaw(name, sound, { clear: true });
  }
  console.log(`flipped bits: ${JSON.stringify(outcomes)}`);
  expect(outcomes.repaired).toBeGreaterThan(0);
  expect(outcomes.lost).toBeGreaterThan(0);
}, 900_000);

/** The record with one bit of its content changed, wherever it is kept. */
function flip(
  { table, key, value }: RawRecord,
  integer: (below: number) => number,
): { readonly what: string; readonly damaged: RawRecord } {
  if (isBytes(value)) {
    const bit = integer(value.length * 8);
    return { what: `bit ${bit}`, damaged: { table, key, value: flipBit(value, bit) } };
  }
  const manifest = value as ManifestRecord & Record<string, unknown>;
  const fields = [
    "format",
    "lineage",
    "generation",
    "bytes",
    "bytes",
    "bytes",
    "checksum",
  ] as const;
  const field = fields[integer(fields.length)]!;
  const content = manifest[field];
  let changed: unknown;
  if (typeof content === "number") changed = (content ^ (1 << integer(30))) >>> 0;
  else if (typeof content === "string") {
    const at = integer(content.length);
    const code = content.charCodeAt(at) ^ (1 << integer(7));
    changed = content.slice(0, at) + String.fromCharCode(code) + content.slice(at + 1);
  } else changed = flipBit(content, integer(content.length * 8));
  return { what: field, damaged: { table, key, value: { ...manifest, [field]: changed } } };
}

function isBytes(value: unknown): value is Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array;
}
