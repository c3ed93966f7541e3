import {
  isRetrievalError,
  RetrievalError,
  sameToken,
  type RecordRead,
  type SegmentStore,
} from "@nearfield/core";
import { decodeBitmap, type Bitmap } from "./bitmap.ts";
import { buildColumns, cellsOf, type Columns } from "./columns.ts";
import type { HeldSegment, RowScanner } from "./image.ts";
import type { Manifest, SegmentInfo } from "./manifest.ts";
import { readEntry } from "./payload.ts";
import { decodeSegment, type DecodedSegment, type Part } from "./segment.ts";

/** Segments read at once: several reads in flight are faster than one, and each may be 6 MB and more. */
const READS_IN_FLIGHT = 4;

/** Somebody else has committed since the manifest was read: it has to be read anew. */
export const OVERTAKEN: unique symbol = Symbol("overtaken");

/** Entries read at once for a segment of version 1, whose fields are in their payloads alone. */
const ENTRIES_PER_READ = 256;

export interface LoadedSegments {
  /** In the order of the manifest. */
  readonly held: readonly HeldSegment[];
  /** Segments whose record, or whose bitmap, is not what was written. */
  readonly damaged: readonly SegmentInfo[];
}

/** Brings what `manifest` names into the scanner, reading only what is not in `known` already. */
export async function loadSegments(
  store: SegmentStore,
  scanner: RowScanner,
  manifest: Manifest,
  known: ReadonlyMap<number, HeldSegment>,
): Promise<LoadedSegments | typeof OVERTAKEN> {
  const loaded = new Map<number, HeldSegment>();
  const added: HeldSegment[] = [];
  let overtaken = false;
  let complete = false;

  const load = async (info: SegmentInfo): Promise<void> => {
    const before = known.get(info.id);
    const isKnown = before?.info.checksum === info.checksum;
    if (isKnown && before.info.bitmap?.checksum === info.bitmap?.checksum) {
      return void loaded.set(info.id, before);
    }
    const bitmap = info.bitmap && (await readBitmap(store, manifest, info));
    if (bitmap === OVERTAKEN) return void (overtaken = true);
    if (bitmap === null) return;
    const live = info.bitmap?.live ?? info.rows;
    if (isKnown) return void loaded.set(info.id, { ...before, info, bitmap, live });
    const decoded = await readSegment(store, manifest, info);
    if (decoded === OVERTAKEN) return void (overtaken = true);
    if (decoded === null) return;
    const { parts } = decoded;
    const columns = decoded.columns ?? (await recoverColumns(store, manifest, parts));
    if (columns === OVERTAKEN) return void (overtaken = true);
    const block = addRows(scanner, decoded);
    if (block === null) return;
    const segment = { info, parts, columns, block, bitmap, live };
    added.push(segment);
    loaded.set(info.id, segment);
  };

  try {
    const waiting = [...manifest.segments];
    const lane = async () => {
      for (let next = waiting.shift(); next && !overtaken; next = waiting.shift()) await load(next);
    };
    // All have to end before anything is given back: a lane that goes on would add to the scanner behind our back.
    const lanes = await Promise.allSettled(Array.from({ length: READS_IN_FLIGHT }, lane));
    for (const { status, ...outcome } of lanes) {
      if (status === "rejected") throw (outcome as { reason: unknown }).reason;
    }
    if (overtaken) return OVERTAKEN;
    complete = true;
  } finally {
    if (!complete) for (const { block } of added) scanner.remove(block);
  }
  return {
    held: manifest.segments.flatMap(({ id }) => loaded.get(id) ?? []),
    damaged: manifest.segments.filter(({ id }) => !loaded.has(id)),
  };
}

/** One segment from the store, or `null` where its record is damaged. */
export async function readSegment(
  store: SegmentStore,
  manifest: Manifest,
  info: SegmentInfo,
): Promise<DecodedSegment | null | typeof OVERTAKEN> {
  return readChecked(store, manifest, "segments", info.id, (bytes) =>
    decodeSegment(bytes, { ...info, dimensions: manifest.dimensions }),
  );
}

/** Fields of parts from the payloads of their entries. A part whose payload is lost has none; it can not be found either. */
async function recoverColumns(
  store: SegmentStore,
  manifest: Manifest,
  parts: readonly Part[],
): Promise<Columns | typeof OVERTAKEN> {
  const payloads = new Map<Part, unknown>();
  for (let start = 0; start < parts.length; start += ENTRIES_PER_READ) {
    const some = parts.slice(start, start + ENTRIES_PER_READ);
    const ids = some.map(({ id }) => id);
    const snapshot = await store.read("entries", ids);
    if (!sameToken(snapshot.manifest, manifest)) return OVERTAKEN;
    some.forEach((part, at) => {
      const entry = readEntry(part.id, snapshot.records[at] as RecordRead);
      if (entry?.hash === part.hash) payloads.set(part, entry.payload);
    });
  }
  return buildColumns(parts.map((part) => cellsOf(payloads.get(part))));
}

function readBitmap(
  store: SegmentStore,
  manifest: Manifest,
  info: SegmentInfo,
): Promise<Bitmap | null | typeof OVERTAKEN> {
  return readChecked(store, manifest, "bitmaps", info.id, (bytes) => decodeBitmap(bytes, info));
}

async function readChecked<T>(
  store: SegmentStore,
  manifest: Manifest,
  table: "segments" | "bitmaps",
  key: number,
  decode: (bytes: Uint8Array<ArrayBuffer>) => T,
): Promise<T | null | typeof OVERTAKEN> {
  const snapshot = await store.read(table, [key]);
  const record = snapshot.records[0] as RecordRead;
  try {
    if (record instanceof Uint8Array) return decode(record);
  } catch (thrown) {
    if (!isRetrievalError(thrown) || thrown.code !== "STORAGE_CORRUPT") throw thrown;
  }
  // What is not as the manifest says may have been changed since by somebody who had a right to.
  return sameToken(snapshot.manifest, manifest) ? null : OVERTAKEN;
}

/** `null` for rows that the scanner refuses: a sound checksum over numbers that nobody of ours has written. */
function addRows(scanner: RowScanner, { vectors }: DecodedSegment): number | null {
  try {
    return scanner.add(vectors);
  } catch (thrown) {
    if (thrown instanceof RetrievalError && thrown.code === "INVALID_VECTOR") return null;
    throw thrown;
  }
}
