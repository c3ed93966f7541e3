// What a repair reads: every record, for what is damaged, and those that were set aside, for what can be had from them.
import {
  isRetrievalError,
  sameToken,
  type Entry,
  type RecordRead,
  type SegmentStore,
} from "@nearfield/core";
import type { Pulse } from "./pulse.ts";
import { OVERTAKEN, readSegment } from "./load.ts";
import type { Manifest, SegmentInfo } from "./manifest.ts";
import type { IndexEntry } from "./calls.ts";
import type { Columns } from "./columns.ts";
import { bareAt } from "./image.ts";
import { readEntry, readPayloads } from "./payload.ts";
import { chooseWhole } from "./rebuild.ts";
import { hasBare, makeRoster, namesLeft, sameRoster } from "./roster.ts";
import { readRosters } from "./rosters.ts";
import type { Replica } from "./replica.ts";
import { decodeSegment, MAX_SEGMENT_ROWS, type DecodedSegment, type Part } from "./segment.ts";

/** Entries read at once. */
const ENTRIES_PER_READ = 256;
/** Of a segment of version 1, in which no entry is bare. */
const NO_COLUMNS: Columns = { parts: 0, byName: new Map() };

/** What is held and can not be read any more. */
export interface Unsound {
  readonly segments: ReadonlySet<number>;
  readonly entries: readonly string[];
  /** Segments that are sound and whose roster is not: nothing is lost, and it can be made anew. */
  readonly rosters: ReadonlySet<number>;
}

/** Reads all records of what is held; for a change by others meanwhile, `OVERTAKEN`. */
export async function findUnsound(
  store: SegmentStore,
  { manifest: held, image }: Replica,
  pulse: Pulse,
): Promise<Unsound | typeof OVERTAKEN> {
  const manifest = held as Manifest;
  const segments = new Set<number>();
  const rosters = new Set<number>();
  for (const held of image.segments.values()) {
    pulse();
    const { id } = held.info;
    const read = await readSegment(store, manifest, held.info);
    if (read === OVERTAKEN) return OVERTAKEN;
    if (read === null) segments.add(id);
    else if (hasBare(held.parts)) {
      const found = await readRosters(store, manifest, [id]);
      if (found === OVERTAKEN) return OVERTAKEN;
      if (!sameRoster(found[0], makeRoster(id, held))) rosters.add(id);
    }
  }
  const entries: string[] = [];
  const all = [...image.entries].filter(([, { payload }]) => payload === "record");
  for (let start = 0; start < all.length; start += ENTRIES_PER_READ) {
    pulse();
    const some = all.slice(start, start + ENTRIES_PER_READ);
    const hashes = new Map(some.map(([id, { hash }]) => [id, hash]));
    const snapshot = await store.read("entries", [...hashes.keys()]);
    if (!sameToken(snapshot.manifest, manifest)) return OVERTAKEN;
    entries.push(...readPayloads(hashes, snapshot.records).unsound);
  }
  return { segments, entries, rosters };
}

/** An entry that was lost, with its vectors from a record that was set aside. */
export interface Salvaged {
  readonly entry: Entry;
  readonly vectors: Float32Array;
}

interface Piece {
  readonly part: Part;
  readonly segment: number;
  readonly vectors: Float32Array;
  readonly bare: { readonly payload: unknown } | undefined;
}

/**
 * Lost entries that can be had whole from records that could not be read before, or whose bitmap is damaged: the entry's own record, or
 * the roster, says which content is the one. In portions of about one segment.
 */
export async function* salvage(
  store: SegmentStore,
  replica: Replica,
): AsyncGenerator<readonly Salvaged[]> {
  const manifest = replica.manifest as Manifest;
  const { dimensions } = manifest;
  const pieces = new Map<string, Piece[]>();
  const suspects = replica.suspects.map(({ id }) => id);
  const rosters = await readRosters(store, manifest, suspects);
  if (rosters === OVERTAKEN) return;
  const bareHashes = new Map<string, string>();
  for (const roster of rosters) {
    for (const { id, hash } of namesLeft(roster)) bareHashes.set(id, hash);
  }
  let found: Salvaged[] = [];
  let rows = 0;
  for (const info of replica.suspects) {
    const decoded = decode((await store.read("segments", [info.id])).records[0], info, manifest);
    if (!decoded) continue;
    const touched = new Set<string>();
    let start = 0;
    for (const [index, part] of decoded.parts.entries()) {
      const end = start + part.rows;
      if (replica.lost.has(part.id)) {
        const vectors = decoded.vectors.slice(start * dimensions, end * dimensions);
        const known = pieces.get(part.id) ?? [];
        const { parts, columns = NO_COLUMNS } = decoded;
        known.push({ part, segment: info.id, vectors, bare: bareAt({ parts, columns }, index) });
        pieces.set(part.id, known);
        touched.add(part.id);
      }
      start = end;
    }
    const ids = [...touched];
    for (let at = 0; at < ids.length; at += ENTRIES_PER_READ) {
      const some = ids.slice(at, at + ENTRIES_PER_READ);
      const { records } = await store.read("entries", some);
      for (const [index, id] of some.entries()) {
        const known = pieces.get(id) as Piece[];
        const hash = bareHashes.get(id);
        const entry =
          hash === undefined
            ? readEntry(id, records[index] as RecordRead)
            : bareEntry(id, hash, known);
        const salvaged = entry && assemble(entry, known);
        if (!salvaged) continue;
        pieces.delete(id);
        found.push(salvaged);
        rows += salvaged.entry.rows;
        if (rows < MAX_SEGMENT_ROWS) continue;
        yield found;
        found = [];
        rows = 0;
      }
    }
  }
  if (found.length > 0) yield found;
}

/** The bare entry of this content, if a piece is of it. */
function bareEntry(id: string, hash: string, pieces: readonly Piece[]): IndexEntry | undefined {
  const bare = pieces.find(({ part }) => part.hash === hash)?.bare;
  return bare && { id, hash, payload: bare.payload };
}

function assemble(entry: IndexEntry, pieces: readonly Piece[]): Salvaged | undefined {
  const whole = chooseWhole(pieces.filter(({ part }) => part.hash === entry.hash));
  if (!whole) return undefined;
  const length = whole.reduce((sum, { vectors }) => sum + vectors.length, 0);
  const vectors = new Float32Array(length);
  let at = 0;
  for (const piece of whole) {
    vectors.set(piece.vectors, at);
    at += piece.vectors.length;
  }
  return { entry: { ...entry, rows: (whole[0] as Piece).part.of }, vectors };
}

/** A record that is sound after all, and of this index's space. */
function decode(
  record: RecordRead | undefined,
  info: SegmentInfo,
  { fingerprint, dimensions }: Manifest,
): DecodedSegment | undefined {
  if (!(record instanceof Uint8Array)) return undefined;
  try {
    const decoded = decodeSegment(record);
    // A record that names no space is known by what the manifest said of it.
    const isOurs = decoded.space === undefined ? decoded.checksum === info.checksum : true;
    const isSame = (decoded.space ?? fingerprint) === fingerprint;
    return isOurs && isSame && decoded.dimensions === dimensions ? decoded : undefined;
  } catch (thrown) {
    if (isRetrievalError(thrown) && thrown.code === "STORAGE_CORRUPT") return undefined;
    throw thrown;
  }
}
