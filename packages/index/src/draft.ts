import {
  crc32,
  type Entry,
  type EntryBlock,
  type StoreChange,
  type StoredRecord,
} from "@nearfield/core";
import { buildColumns, cellsAt, cellsOf, type Cells, type Columns } from "./columns.ts";
import { encodeEntry } from "./entry-record.ts";
import { listPlaces, withoutRows, type HeldSegment, type Image } from "./image.ts";
import type { RowWords } from "./lexical/passages.ts";
import { encodeWords, wordsKey, type SegmentWords } from "./lexical/record.ts";
import { encodeManifest, type Manifest, type SegmentInfo } from "./manifest.ts";
import { formOf } from "./payload-form.ts";
import {
  hasBare,
  leftRecord,
  makeRoster,
  rosterKeys,
  rosterRecords,
  withoutNames,
  type Roster,
} from "./roster.ts";
import {
  layOutSegment,
  MAX_SEGMENT_ROWS,
  sealSegment,
  type DecodedSegment,
  type Part,
} from "./segment.ts";

/** What a call wants changed, given what is held: the entries that are new or other than before, and the ids to delete. */
export interface Wish {
  readonly fresh: readonly { readonly entry: Entry; readonly vectors: Float32Array }[];
  /** Ids that are no longer to be stored. */
  readonly removed: readonly string[];
  /** Segments whose roster is to be written anew. */
  readonly rosters?: ReadonlySet<number> | undefined;
}

/** A segment that is written anew, as it was read; its words, if they are stored. */
export interface Source extends DecodedSegment {
  readonly words?: SegmentWords | undefined;
}

/** A segment that is to be written. */
export interface DraftSegment {
  readonly info: SegmentInfo;
  readonly parts: readonly Part[];
  readonly columns: Columns;
  readonly vectors: Float32Array<ArrayBuffer>;
}

/** One commit, worked out in full before its transaction opens. */
export interface Draft {
  readonly change: StoreChange;
  readonly manifest: Manifest;
  /** Segments that stay, with the rows of replaced and deleted entries taken out. */
  readonly kept: readonly HeldSegment[];
  readonly written: readonly DraftSegment[];
}

/** What of `block` is not held with the same hash, with its vectors. */
export function findFresh(block: EntryBlock, image: Image): Wish["fresh"] {
  const fresh: { entry: Entry; vectors: Float32Array }[] = [];
  let row = 0;
  for (const entry of block.entries) {
    const start = row;
    row += entry.rows;
    if (image.entries.get(entry.id)?.hash === entry.hash) continue;
    const vectors = block.vectors.subarray(start * block.dimensions, row * block.dimensions);
    fresh.push({ entry, vectors });
  }
  return fresh;
}

/** The held segments after the rows of everything that `wish` replaces or deletes were taken out; empty ones are gone. */
export function takeOut(image: Image, { fresh, removed }: Wish): HeldSegment[] {
  const segments = new Map(image.segments);
  for (const id of [...fresh.map(({ entry }) => entry.id), ...removed]) {
    for (const { segment: number, start, part } of image.entries.get(id)?.places ?? []) {
      const segment = segments.get(number);
      if (segment) segments.set(number, withoutRows(segment, start, start + part.rows));
    }
  }
  return [...segments.values()].filter(({ live }) => live > 0);
}

/** What a draft has to know of the state it changes. */
export interface Circumstances {
  /** Segments that are held in memory before the change: nobody may drop one that was not read. */
  readonly held: { has(segment: number): boolean };
  /** From {@link takeOut}. */
  readonly segments: readonly HeldSegment[];
  /** Records of those segments that are to be written anew together with the fresh rows. */
  readonly sources: ReadonlyMap<number, Source>;
  /** Rosters of segments that could not be read, for what is lost with them and is now stored anew, or deleted. */
  readonly rosters: readonly Roster[];
  /** Says of an id whether it may have a record of its own. */
  readonly hasRecord: (id: string) => boolean;
  /** How many entries will be stored. */
  readonly records: number;
  /** How many of these will still be stored without being found. */
  readonly lost: number;
  /** Gives the words of fresh rows, where words are stored. */
  readonly wordsOf?: ((entry: Entry) => RowWords) | undefined;
}

/** Works a commit out. */
export function draftCommit(
  before: Manifest,
  wish: Wish,
  { held, segments, sources, rosters, hasRecord, records, lost, wordsOf }: Circumstances,
): Draft {
  const { dimensions, fingerprint: space } = before;
  const rows: Rows[] = [];
  for (const segment of segments) {
    const source = sources.get(segment.info.id);
    if (source) rows.push(...listRows(segment, source, dimensions));
  }
  for (const { entry, vectors } of wish.fresh) {
    const { id, hash, rows: of } = entry;
    const part = { id, hash, ordinal: 0, rows: of, of, payload: formOf(entry.payload) };
    rows.push({ part, cells: cellsOf(entry.payload), vectors, words: wordsOf?.(entry) });
  }
  let nextSegment = before.nextSegment;
  const puts: StoredRecord[] = [];
  const written = pack(rows, dimensions).map(({ parts, cells, vectors, words }): DraftSegment => {
    const columns = buildColumns(cells);
    const blank = layOutSegment(parts, columns, { space, dimensions });
    let at = 0;
    for (const piece of vectors) {
      blank.vectors.set(piece, at);
      at += piece.length;
    }
    const checksum = sealSegment(blank.bytes);
    const id = nextSegment++;
    puts.push({ table: "segments", key: id, bytes: blank.bytes });
    if (wordsOf && words) {
      puts.push({ table: "segments", key: wordsKey(id), bytes: encodeWords(words, checksum) });
    }
    puts.push(...rosterRecords(id, { parts }));
    const info = { id, rows: at / dimensions, byteLength: blank.bytes.byteLength, checksum };
    return { info, parts, columns, vectors: blank.vectors };
  });

  const kept = segments
    .filter(({ info }) => !sources.has(info.id))
    .map((segment) => {
      const { id } = segment.info;
      if (wish.rosters?.has(id)) puts.push(...rosterRecords(id, segment));
      if (!segment.bitmap) return segment;
      const bitmap = { live: segment.live, checksum: crc32(segment.bitmap) };
      if (bitmap.checksum === segment.info.bitmap?.checksum) return segment;
      puts.push({ table: "bitmaps", key: id, bytes: segment.bitmap });
      if (hasBare(segment.parts) && !wish.rosters?.has(id)) {
        puts.push(leftRecord(makeRoster(id, segment)));
      }
      return { ...segment, info: { ...segment.info, bitmap } };
    });
  const bare: string[] = [];
  for (const { entry } of wish.fresh) {
    if (formOf(entry.payload) !== "record") bare.push(entry.id);
    else puts.push({ table: "entries", key: entry.id, bytes: encodeEntry(entry) });
  }
  // What could not be read is kept apart for a repair, until nothing of it is missed any more.
  const unread = before.segments.filter(({ id }) => !held.has(id));
  const suspects = [...(before.quarantined ?? []), ...unread];
  const quarantined = lost > 0 && suspects.length > 0 ? suspects : undefined;
  const manifest: Manifest = {
    ...before,
    generation: before.generation + 1,
    entries: records,
    nextSegment,
    segments: [...kept, ...written].map(({ info }) => info),
    quarantined,
  };
  const stays = new Set([...manifest.segments, ...(quarantined ?? [])].map(({ id }) => id));
  const gone = [...before.segments, ...(before.quarantined ?? [])].filter(
    ({ id }) => !stays.has(id),
  );
  const deletes = [
    ...gone.map(({ id }) => ({ table: "segments", key: id }) as const),
    ...(wordsOf ? gone.map(({ id }) => ({ table: "segments", key: wordsKey(id) }) as const) : []),
    ...gone.flatMap(({ id, bitmap }) => (bitmap ? [{ table: "bitmaps", key: id } as const] : [])),
    ...gone.flatMap(({ id }) => rosterKeys(id).map((key) => ({ table: "entries", key }) as const)),
    ...[...wish.removed, ...bare]
      .filter(hasRecord)
      .map((id) => ({ table: "entries", key: id }) as const),
  ];
  const changed = new Set([...wish.fresh.map(({ entry }) => entry.id), ...wish.removed]);
  for (const roster of rosters) {
    if (stays.has(roster.segment)) puts.push(leftRecord(withoutNames(roster, changed)));
  }
  const change = { base: before, manifest: encodeManifest(manifest), puts, deletes };
  return { change, manifest, kept, written };
}

interface Rows {
  readonly part: Part;
  readonly cells: Cells;
  readonly vectors: Float32Array;
  /** Undefined where they are not known: they are then made from the passages when they are wanted. */
  readonly words: RowWords | undefined;
}

function listRows(segment: HeldSegment, { vectors, words }: Source, dimensions: number): Rows[] {
  return listPlaces(segment).map(({ place: { part, index, start } }) => ({
    part,
    cells: cellsAt(segment.columns, index),
    vectors: vectors.subarray(start * dimensions, (start + part.rows) * dimensions),
    words: words && Array.from({ length: part.rows }, (_, row) => words.of(start + row)),
  }));
}

/** What one segment is made of. */
interface Packed {
  readonly parts: Part[];
  readonly cells: Cells[];
  readonly vectors: Float32Array[];
  /** Of all its rows, or of none. */
  words: (readonly string[])[] | undefined;
}

/** Fills segments to the brim, one after the other; a part that does not fit is divided. */
function pack(rows: readonly Rows[], dimensions: number): Packed[] {
  const segments: Packed[] = [];
  let room = 0;
  for (const { part, cells, vectors, words } of rows) {
    for (let done = 0; done < part.rows;) {
      if (room === 0) {
        segments.push({ parts: [], cells: [], vectors: [], words: [] });
        room = MAX_SEGMENT_ROWS;
      }
      const taken = Math.min(room, part.rows - done);
      const segment = segments.at(-1) as Packed;
      if (words) segment.words?.push(...words.slice(done, done + taken));
      else segment.words = undefined;
      segment.parts.push({ ...part, ordinal: part.ordinal + done, rows: taken });
      segment.cells.push(cells);
      segment.vectors.push(vectors.subarray(done * dimensions, (done + taken) * dimensions));
      done += taken;
      room -= taken;
    }
  }
  return segments;
}
