import {
  RetrievalError,
  sameToken,
  type RecordRead,
  type SegmentStore,
  type StoreToken,
} from "@nearfield/core";
import type { IndexEntry } from "../calls.ts";
import { buildColumns } from "../columns.ts";
import { bareAt, listPlaces, type HeldSegment } from "../image.ts";
import { OVERTAKEN, readSegment } from "../load.ts";
import type { Manifest } from "../manifest.ts";
import { readEntry } from "../payload.ts";
import type { Pulse } from "../pulse.ts";
import type { Replica } from "../replica.ts";
import { layOutSegment, sealSegment } from "../segment.ts";
import { encodeEntries, encodeJson } from "./content.ts";
import { FrameWriter } from "./frame.ts";

/** Entries that are read from the store at once. */
const ENTRIES_PER_READ = 256;

/** What was found damaged on the way: it has to be taken out before the file is begun anew. */
export interface Damage {
  readonly state: StoreToken;
  readonly segments: ReadonlySet<number>;
  readonly entries: readonly string[];
}

/**
 * Everything that can be found, as one file. One segment is in memory at a time, in two copies.
 * @returns what stood in the way: a commit of others, or damage
 */
export async function writeFile(
  store: SegmentStore,
  replica: Replica,
  pulse: Pulse,
): Promise<Blob | Damage | typeof OVERTAKEN> {
  // As of now: others may change the replica meanwhile, which is then noticed by what the store says.
  const manifest = replica.manifest as Manifest;
  const segments = [...replica.image.segments.values()];
  const { fingerprint, dimensions } = manifest;
  const writer = new FrameWriter();
  writer.write("head", encodeJson({ fingerprint, dimensions }));
  const written = new Set<string>();
  let rows = 0;
  for (const segment of segments) {
    pulse();
    if (segment.live === 0) continue;
    const places = listPlaces(segment);
    const fresh = new Map<string, string>();
    const bare: IndexEntry[] = [];
    for (const { id, place } of places) {
      if (written.has(id)) continue;
      const { hash } = place.part;
      const own = bareAt(segment, place.index);
      if (!own) fresh.set(id, hash);
      else {
        bare.push({ id, hash, payload: own.payload });
        written.add(id);
      }
    }
    for (const content of encodeEntries(bare)) writer.write("entries", content);
    const named = [...fresh];
    for (let at = 0; at < named.length; at += ENTRIES_PER_READ) {
      const some = named.slice(at, at + ENTRIES_PER_READ);
      const entries = await readEntries(store, manifest, some);
      if (!Array.isArray(entries)) return entries;
      for (const content of encodeEntries(entries)) writer.write("entries", content);
      for (const [id] of some) written.add(id);
      pulse();
    }
    const bytes = await copyRows(store, manifest, segment);
    if (bytes === OVERTAKEN) return OVERTAKEN;
    if (!bytes) return { state: manifest, segments: new Set([segment.info.id]), entries: [] };
    writer.write("rows", bytes);
    rows += segment.live;
  }
  writer.write("end", encodeJson({ entries: written.size, rows }));
  return writer.finish();
}

async function readEntries(
  store: SegmentStore,
  manifest: Manifest,
  named: readonly (readonly [id: string, hash: string])[],
): Promise<IndexEntry[] | Damage | typeof OVERTAKEN> {
  const ids = named.map(([id]) => id);
  const { manifest: found, records } = await store.read("entries", ids);
  if (!sameToken(found, manifest)) return OVERTAKEN;
  const entries: IndexEntry[] = [];
  const damaged: string[] = [];
  named.forEach(([id, hash], at) => {
    const entry = readEntry(id, records[at] as RecordRead);
    if (entry?.hash === hash) entries.push(entry);
    else damaged.push(id);
  });
  if (damaged.length === 0) return entries;
  return { state: manifest, segments: new Set(), entries: damaged };
}

/** The record of what is left of a segment; `undefined` where it is damaged. */
async function copyRows(
  store: SegmentStore,
  manifest: Manifest,
  segment: HeldSegment,
): Promise<Uint8Array<ArrayBuffer> | undefined | typeof OVERTAKEN> {
  const { dimensions, fingerprint: space } = manifest;
  const source = await readSegment(store, manifest, segment.info);
  if (source === OVERTAKEN) return OVERTAKEN;
  if (!source) return undefined;
  const places = listPlaces(segment).map(({ place }) => place);
  const blank = layOutSegment(
    // Every entry comes with its payload.
    places.map(({ part }) => ({ ...part, payload: "record" })),
    buildColumns(places.map(() => new Map())),
    { space, dimensions },
  );
  let at = 0;
  for (const { start, part } of places) {
    const own = source.vectors.subarray(start * dimensions, (start + part.rows) * dimensions);
    blank.vectors.set(own, at);
    at += own.length;
  }
  sealSegment(blank.bytes);
  return blank.bytes;
}

/** The error where commits of others or new damage stop every attempt. */
export function unsettled(): RetrievalError {
  return new RetrievalError("TIMEOUT", "the index changes faster than it can be exported", {
    repair: "Try again.",
  });
}
