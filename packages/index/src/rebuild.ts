// The manifest made anew from what it described. A segment's record names its space, its parts and their contents; the record of an
// entry names its content, and so does the roster of a bare one. So these say what is stored, and of the rows those are alive that are
// of that very content.
import {
  crc32,
  isRetrievalError,
  RetrievalError,
  sameToken,
  type ManifestRecord,
  type RecordKey,
  type RecordRead,
  type SegmentStore,
  type StoredRecord,
  type StoreTable,
  type StoreToken,
} from "@nearfield/core";
import { countRows, setRows, type Bitmap } from "./bitmap.ts";
import { createManifest, encodeManifest, type Manifest, type SegmentInfo } from "./manifest.ts";
import { OVERTAKEN } from "./load.ts";
import { readEntry } from "./payload.ts";
import { namesLeft, rosteredSegments, rosterKeys } from "./roster.ts";
import { readRosters } from "./rosters.ts";
import { decodeSegment, type DecodedSegment, type Part } from "./segment.ts";

/** Entries read at once. */
const ENTRIES_PER_READ = 256;

interface Space {
  readonly fingerprint: string;
  readonly dimensions: number;
}

/** A segment as its own record tells of it; `parts` is absent where that could not be read. */
interface Witness {
  readonly info: SegmentInfo;
  readonly parts: readonly Part[] | undefined;
}

interface Copy {
  readonly part: Part;
  readonly segment: number;
  readonly start: number;
}

/**
 * Writes a new manifest over one that is damaged or gone. `undefined`, with nothing changed, where somebody else has committed
 * meanwhile: read again.
 * @param damaged the record as it was read; `undefined` where there is none
 * @param seen the newest state that is known of, so that generations go on growing
 * @throws RetrievalError `MODEL_MISMATCH` where the segments are of another space; nothing is changed then
 */
export async function rebuildManifest(
  store: SegmentStore,
  damaged: ManifestRecord | undefined,
  space: Space,
  seen: StoreToken | undefined,
): Promise<Manifest | undefined> {
  const isOvertaken = (token: StoreToken | undefined) => !sameToken(token, damaged);
  const listed = await store.keys("segments");
  if (isOvertaken(listed.manifest)) return undefined;
  const entries = await readHashes(store, isOvertaken);
  if (!entries) return undefined;
  const stored = listed.keys.filter((key) => typeof key === "number");
  // A segment that is gone without a trace has left its roster, which says what is lost.
  const numbers = [...new Set([...stored, ...entries.rosters])].sort((a, b) => a - b);
  const witnesses: Witness[] = [];
  for (const id of numbers) {
    const { manifest, records } = await store.read("segments", [id]);
    if (isOvertaken(manifest)) return undefined;
    witnesses.push(hear(id, records[0] as RecordRead, space));
  }

  const alive = chooseAlive(witnesses, entries.hashes);
  const segments: SegmentInfo[] = [];
  const quarantined: SegmentInfo[] = [];
  const puts: StoredRecord[] = [];
  const isAllFound = alive.entries === entries.keys.length;
  for (const { info, parts } of witnesses) {
    const bitmap = alive.bitmaps.get(info.id);
    if (!parts || !bitmap) {
      // What holds nothing of use goes once it is known that nothing is missing.
      if (!isAllFound) quarantined.push(info);
      continue;
    }
    const live = countRows(bitmap);
    if (live === info.rows) segments.push(info);
    else {
      segments.push({ ...info, bitmap: { live, checksum: crc32(bitmap) } });
      puts.push({ table: "bitmaps", key: info.id, bytes: bitmap });
    }
  }
  const bitmaps = await store.keys("bitmaps");
  if (isOvertaken(bitmaps.manifest)) return undefined;
  const kept = new Set([...segments, ...quarantined].map(({ id }) => id));
  const written = new Set(puts.map(({ key }) => key));
  const gone = <Key extends RecordKey>(
    table: StoreTable,
    keys: readonly Key[],
    stays: ReadonlySet<RecordKey>,
  ) => keys.filter((key) => !stays.has(key)).map((key) => ({ table, key }));
  const manifest: Manifest = {
    ...createManifest(space.fingerprint, space.dimensions),
    ...nextToken(damaged, seen),
    entries: entries.keys.length,
    nextSegment: Math.max(0, ...witnesses.map(({ info }) => info.id)) + 1,
    segments,
    quarantined: quarantined.length > 0 ? quarantined : undefined,
  };
  const isWritten = await store.commit({
    base: damaged,
    manifest: encodeManifest(manifest),
    puts,
    deletes: [
      ...gone("segments", numbers, kept),
      ...gone("bitmaps", bitmaps.keys, written),
      ...gone("entries", entries.rosters, kept).flatMap(({ table, key }) =>
        rosterKeys(key).map((own) => ({ table, key: own })),
      ),
    ],
  });
  return isWritten ? manifest : undefined;
}

/** @throws RetrievalError `MODEL_MISMATCH` */
function hear(id: number, record: RecordRead, space: Space): Witness {
  const decoded = record instanceof Uint8Array ? decode(record) : undefined;
  const byteLength = record instanceof Uint8Array ? record.byteLength : 0;
  const { rows = 0, checksum = 0, parts } = decoded ?? {};
  const info = { id, rows, byteLength, checksum };
  // A record that does not name its space may be of any: it is kept apart.
  if (decoded?.space === undefined) return { info, parts: undefined };
  if (decoded.space !== space.fingerprint || decoded.dimensions !== space.dimensions) {
    throw new RetrievalError("MODEL_MISMATCH", "the index holds vectors of another model", {
      value: decoded.space,
      repair: "Open it with the model it was made with, or destroy it and add the documents again.",
    });
  }
  return { info, parts };
}

function decode(record: Uint8Array<ArrayBuffer>): DecodedSegment | undefined {
  try {
    return decodeSegment(record);
  } catch (thrown) {
    if (isRetrievalError(thrown) && thrown.code === "STORAGE_CORRUPT") return undefined;
    throw thrown;
  }
}

interface StoredHashes {
  readonly keys: readonly string[];
  readonly hashes: ReadonlyMap<string, string>;
  /** Numbers of the segments that have a roster, sound or not. */
  readonly rosters: readonly number[];
}

/** Every id that is stored, and the content of each entry whose record, or roster, can be read. */
async function readHashes(
  store: SegmentStore,
  isOvertaken: (token: StoreToken | undefined) => boolean,
): Promise<StoredHashes | undefined> {
  const listed = await store.keys("entries");
  if (isOvertaken(listed.manifest)) return undefined;
  const keys = listed.keys.filter((key) => typeof key === "string");
  const hashes = new Map<string, string>();
  for (let start = 0; start < keys.length; start += ENTRIES_PER_READ) {
    const some = keys.slice(start, start + ENTRIES_PER_READ);
    const { manifest, records } = await store.read("entries", some);
    if (isOvertaken(manifest)) return undefined;
    some.forEach((id, at) => {
      const entry = readEntry(id, records[at] as RecordRead);
      if (entry) hashes.set(id, entry.hash);
    });
  }
  const numbers = rosteredSegments(listed.keys);
  const rosters = await readRosters(store, listed.manifest, numbers);
  if (rosters === OVERTAKEN) return undefined;
  for (const roster of rosters) {
    for (const { id, hash } of namesLeft(roster)) {
      if (!hashes.has(id)) keys.push(id);
      hashes.set(id, hash);
    }
  }
  return { keys, hashes, rosters: numbers };
}

/** Which rows belong to what is stored: for each whole entry one copy of each of its parts, the newest. */
function chooseAlive(
  witnesses: readonly Witness[],
  hashes: ReadonlyMap<string, string>,
): { readonly entries: number; readonly bitmaps: ReadonlyMap<number, Bitmap> } {
  const copies = new Map<string, Copy[]>();
  const rows = new Map<number, number>();
  for (const { info, parts = [] } of witnesses) {
    let start = 0;
    rows.set(info.id, info.rows);
    for (const part of parts) {
      if (hashes.get(part.id) === part.hash) {
        const known = copies.get(part.id) ?? [];
        known.push({ part, segment: info.id, start });
        copies.set(part.id, known);
      }
      start += part.rows;
    }
  }
  const bitmaps = new Map<number, Bitmap>();
  let entries = 0;
  for (const known of copies.values()) {
    const whole = chooseWhole(known);
    if (!whole) continue;
    entries++;
    for (const { part, segment, start } of whole) {
      let bitmap = bitmaps.get(segment);
      if (!bitmap) {
        bitmap = new Uint8Array(Math.ceil((rows.get(segment) as number) / 8));
        bitmaps.set(segment, bitmap);
      }
      setRows(bitmap, start, start + part.rows);
    }
  }
  return { entries, bitmaps };
}

/** Parts that give each row of the entry once; `undefined` where a row is missing. */
export function chooseWhole<T extends { readonly part: Part; readonly segment: number }>(
  copies: readonly T[],
): T[] | undefined {
  const sorted = [...copies].sort(
    (a, b) => a.part.ordinal - b.part.ordinal || b.segment - a.segment,
  );
  const whole: T[] = [];
  let next = 0;
  for (const copy of sorted) {
    if (copy.part.ordinal !== next) continue;
    whole.push(copy);
    next += copy.part.rows;
    if (next === copy.part.of) return whole;
  }
  return undefined;
}

/** A token after every one that is known of; of the same lineage where there is a trace of it. */
function nextToken(damaged: ManifestRecord | undefined, seen: StoreToken | undefined): StoreToken {
  const lineage = seen?.lineage ?? (typeof damaged?.lineage === "string" ? damaged.lineage : "");
  if (lineage === "") return { lineage: crypto.randomUUID(), generation: 0 };
  const told = damaged?.lineage === lineage ? damaged.generation : 0;
  const last = Math.max(seen?.generation ?? 0, Number.isSafeInteger(told) && told > 0 ? told : 0);
  // A number that damage has made huge leaves no room to count on.
  if (last >= Number.MAX_SAFE_INTEGER / 2) return { lineage: crypto.randomUUID(), generation: 0 };
  return { lineage, generation: last + 1 };
}
