// Bare entries have no record of their own. That they are stored is told by the segments they lie in, and a second time by the roster of
// each: who can not read a segment learns from it what is lost. A roster is two records in the table `entries`:
//
//   under the number of its segment, written once: the names of the bare parts, in their order
//     u32  magic, checksum, version, number of the segment, names, text units
//     u32  for each: code units of its id, code units of its hash, or 2^32 - 1 where that is the one before
//     u16  ids and hashes
//   under that number negated, written again with each deletion: which of them are left
//     u32  magic, checksum, version, number of the segment, names
//     u8   one bit for each, see bitmap.ts
//
// The checksum is a CRC-32 over all that follows it.
import {
  crc32,
  isRetrievalError,
  RetrievalError,
  type RecordKey,
  type RecordRead,
  type StoredRecord,
} from "@nearfield/core";
import { allRows, clearRows, hasRow, type Bitmap } from "./bitmap.ts";
import { textOfUnits, writeUnits } from "./code-units.ts";
import type { Part } from "./segment.ts";

/** "NFNM" */
const NAMES_MAGIC = 0x4d4e464e;
/** "NFLT" */
const LEFT_MAGIC = 0x544c464e;
const VERSION = 1;
const NAMES_HEADER_WORDS = 6;
const LEFT_HEADER_WORDS = 5;
const CHECKSUM_END = 8;
const WORDS_PER_NAME = 2;
const SAME_HASH = 0xffff_ffff;

type Bytes = Uint8Array<ArrayBuffer>;

/** An entry by name, and which content of it. */
export interface Name {
  readonly id: string;
  readonly hash: string;
}

/** The bare entries that lie in one segment. */
export interface Roster {
  readonly segment: number;
  readonly names: readonly Name[];
  /** Which of them are left. */
  readonly left: Bitmap;
}

/** What a roster is made from: a segment as it is, or is to be. */
export interface RosterSource {
  readonly parts: readonly Part[];
  /** Absent: every row is there. */
  readonly bitmap?: Bitmap | undefined;
}

/** The keys of both records. Segments are numbered from 1. */
export function rosterKeys(segment: number): readonly [names: number, left: number] {
  return [segment, -segment];
}

/** The segments that have a roster, from the keys of the table. */
export function rosteredSegments(keys: readonly RecordKey[]): number[] {
  return keys.filter((key) => typeof key === "number").filter((key) => key > 0);
}

export function hasBare(parts: readonly Part[]): boolean {
  return parts.some(({ payload }) => payload !== "record");
}

/** The roster of a segment; one without names where nothing in it is bare. */
export function makeRoster(segment: number, { parts, bitmap }: RosterSource): Roster {
  const names: Name[] = [];
  const gone: number[] = [];
  let row = 0;
  for (const { id, hash, rows, payload } of parts) {
    if (payload !== "record") {
      // A part is deleted as a whole, so that its first row speaks for all.
      if (bitmap && !hasRow(bitmap, row)) gone.push(names.length);
      names.push({ id, hash });
    }
    row += rows;
  }
  const left = allRows(names.length);
  for (const at of gone) clearRows(left, at, at + 1);
  return { segment, names, left };
}

/** The same roster without some of its entries. */
export function withoutNames(roster: Roster, ids: ReadonlySet<string>): Roster {
  const left = roster.left.slice();
  roster.names.forEach(({ id }, at) => {
    if (ids.has(id)) clearRows(left, at, at + 1);
  });
  return { ...roster, left };
}

/** True where both say the same. */
export function sameRoster(a: Roster | undefined, b: Roster): boolean {
  return (
    a?.names.length === b.names.length &&
    a.names.every(({ id, hash }, at) => id === b.names[at]?.id && hash === b.names[at]?.hash) &&
    a.left.every((byte, at) => byte === b.left[at])
  );
}

/** Those that are stored. */
export function* namesLeft({ names, left }: Roster): Generator<Name> {
  for (const [at, name] of names.entries()) if (hasRow(left, at)) yield name;
}

/** Both records of a segment's roster; none where nothing in it is bare. */
export function rosterRecords(segment: number, source: RosterSource): StoredRecord[] {
  if (!hasBare(source.parts)) return [];
  const roster = makeRoster(segment, source);
  return [namesRecord(roster), leftRecord(roster)];
}

function namesRecord({ segment, names }: Roster): StoredRecord {
  const isSame = (at: number) => names[at]?.hash === names[at - 1]?.hash;
  const units = names.reduce(
    (sum, { id, hash }, at) => sum + id.length + (isSame(at) ? 0 : hash.length),
    0,
  );
  const words = NAMES_HEADER_WORDS + names.length * WORDS_PER_NAME;
  const buffer = new ArrayBuffer(words * 4 + units * 2);
  const table = new Uint32Array(buffer, 0, words);
  table.set([NAMES_MAGIC, 0, VERSION, segment, names.length, units]);
  const text = new Uint16Array(buffer, words * 4, units);
  let unit = 0;
  names.forEach(({ id, hash }, at) => {
    const word = NAMES_HEADER_WORDS + at * WORDS_PER_NAME;
    table[word] = id.length;
    table[word + 1] = isSame(at) ? SAME_HASH : hash.length;
    unit = writeUnits(text, unit, id);
    if (!isSame(at)) unit = writeUnits(text, unit, hash);
  });
  return { table: "entries", key: rosterKeys(segment)[0], bytes: seal(buffer) };
}

/** Which entries of a roster are left. */
export function leftRecord({ segment, names, left }: Roster): StoredRecord {
  const buffer = new ArrayBuffer(LEFT_HEADER_WORDS * 4 + left.length);
  const header = [LEFT_MAGIC, 0, VERSION, segment, names.length];
  new Uint32Array(buffer, 0, LEFT_HEADER_WORDS).set(header);
  new Uint8Array(buffer, LEFT_HEADER_WORDS * 4).set(left);
  return { table: "entries", key: rosterKeys(segment)[1], bytes: seal(buffer) };
}

/**
 * A roster from its two records; undefined where one is damaged or not there.
 * @throws RetrievalError `FORMAT_TOO_NEW`
 */
export function readRoster(
  segment: number,
  names: RecordRead | undefined,
  left: RecordRead | undefined,
): Roster | undefined {
  if (!(names instanceof Uint8Array) || !(left instanceof Uint8Array)) return undefined;
  try {
    const named = decodeNames(segment, names);
    return { segment, names: named, left: decodeLeft(segment, left, named.length) };
  } catch (thrown) {
    if (isRetrievalError(thrown) && thrown.code === "STORAGE_CORRUPT") return undefined;
    throw thrown;
  }
}

function decodeNames(segment: number, record: Bytes): Name[] {
  const bytes = open(record, NAMES_MAGIC, NAMES_HEADER_WORDS, segment);
  const header = new Uint32Array(bytes.buffer, bytes.byteOffset, NAMES_HEADER_WORDS);
  const [count, units] = header.subarray(4) as unknown as [number, number];
  const end = (NAMES_HEADER_WORDS + count * WORDS_PER_NAME) * 4;
  if (bytes.length !== end + units * 2) throw damaged();
  const table = new Uint32Array(bytes.buffer, bytes.byteOffset, end / 4);
  const text = textOfUnits(new Uint16Array(bytes.buffer, bytes.byteOffset + end, units));
  const names: Name[] = [];
  let unit = 0;
  let hash = "";
  for (let word = NAMES_HEADER_WORDS; word < table.length; word += WORDS_PER_NAME) {
    const middle = unit + (table[word] as number);
    const hashUnits = table[word + 1] as number;
    unit = hashUnits === SAME_HASH ? middle : middle + hashUnits;
    const id = text.slice(middle - (table[word] as number), middle);
    if (hashUnits !== SAME_HASH) hash = text.slice(middle, unit);
    names.push({ id, hash });
  }
  if (unit !== units) throw damaged();
  return names;
}

function decodeLeft(segment: number, record: Bytes, names: number): Bitmap {
  const bytes = open(record, LEFT_MAGIC, LEFT_HEADER_WORDS, segment);
  const count = new Uint32Array(bytes.buffer, bytes.byteOffset, LEFT_HEADER_WORDS)[4];
  const left = bytes.slice(LEFT_HEADER_WORDS * 4);
  if (count !== names || left.length !== Math.ceil(names / 8)) throw damaged();
  return left;
}

function seal(buffer: ArrayBuffer): Bytes {
  const bytes = new Uint8Array(buffer);
  new Uint32Array(buffer, 0, CHECKSUM_END / 4)[1] = crc32(bytes.subarray(CHECKSUM_END));
  return bytes;
}

/** The record, beginning at a multiple of four, once its head and its checksum are found sound. */
function open(record: Bytes, magic: number, headerWords: number, segment: number): Bytes {
  const bytes = record.byteOffset % 4 === 0 ? record : record.slice();
  if (bytes.length < headerWords * 4) throw damaged();
  const header = new Uint32Array(bytes.buffer, bytes.byteOffset, headerWords);
  const [found, checksum, version, number] = header as unknown as [number, number, number, number];
  if (found !== magic || crc32(bytes.subarray(CHECKSUM_END)) !== checksum) throw damaged();
  if (version > VERSION) {
    throw new RetrievalError("FORMAT_TOO_NEW", "a roster was written by a newer version", {
      value: version,
      repair: "Load the newer version of Nearfield.",
    });
  }
  if (number !== segment) throw damaged();
  return bytes;
}

function damaged(): RetrievalError {
  return new RetrievalError("STORAGE_CORRUPT", "the roster of a segment is damaged", {
    repair: "Call repair.",
  });
}
