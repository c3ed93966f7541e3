// What is in the frames of an export file.
//
//   head     JSON: the fingerprint of the embedding space, and dimensions
//   entries  for each: u32 bytes of its record, the record (entry-record.ts), padding to a multiple of four
//   rows     the record of a segment (segment.ts) without columns and without deleted rows
//   end      JSON: how many entries and rows there are
import { asRetrievalError, isRetrievalError } from "@nearfield/core";
import type { IndexEntry } from "../calls.ts";
import { decodeEntry, encodeEntry } from "../entry-record.ts";
import { decodeSegment, type DecodedSegment } from "../segment.ts";
import { invalid } from "./frame.ts";

const LENGTH_BYTES = 4;

type Bytes = Uint8Array<ArrayBuffer>;

export interface Head {
  readonly fingerprint: string;
  readonly dimensions: number;
}

export interface End {
  readonly entries: number;
  readonly rows: number;
}

/** JSON, with the white space that makes its bytes a multiple of four. */
export function encodeJson(value: Head | End): Bytes {
  const text = new TextEncoder().encode(JSON.stringify(value));
  const bytes = new Uint8Array(align(text.length)).fill(0x20);
  bytes.set(text);
  return bytes;
}

/** As contents of frames, of which each is read as a whole: of so many bytes, or of one entry that is larger. */
const ENTRIES_BYTES = 2 ** 22;

export function* encodeEntries(entries: readonly IndexEntry[]): Generator<Bytes> {
  let records: Bytes[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const record = encodeEntry(entry);
    const size = LENGTH_BYTES + align(record.length);
    if (records.length > 0 && bytes + size > ENTRIES_BYTES) {
      yield join(records, bytes);
      records = [];
      bytes = 0;
    }
    records.push(record);
    bytes += size;
  }
  if (records.length > 0) yield join(records, bytes);
}

function join(records: readonly Bytes[], size: number): Bytes {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const record of records) {
    view.setUint32(at, record.length, true);
    bytes.set(record, at + LENGTH_BYTES);
    at += LENGTH_BYTES + align(record.length);
  }
  return bytes;
}

/** @throws RetrievalError `INVALID_FILE` */
export function decodeHead(bytes: Bytes): Head {
  const { fingerprint, dimensions } = decodeJson(bytes);
  if (typeof fingerprint !== "string" || !isCount(dimensions)) throw invalid("its head is wrong");
  return { fingerprint, dimensions };
}

/** @throws RetrievalError `INVALID_FILE` */
export function decodeEnd(bytes: Bytes): End {
  const { entries, rows } = decodeJson(bytes);
  if (!isCount(entries) || !isCount(rows)) throw invalid("its end is wrong");
  return { entries, rows };
}

/** @throws RetrievalError `INVALID_FILE`, `FORMAT_TOO_NEW` */
export function* decodeEntries(bytes: Bytes): Generator<IndexEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at, true);
    const end = at + LENGTH_BYTES + align(length);
    if (end > bytes.length) throw invalid("an entry ends outside its frame");
    const record = bytes.slice(at + LENGTH_BYTES, at + LENGTH_BYTES + length);
    yield own(() => decodeEntry(record), "an entry is damaged");
    at = end;
  }
}

/** @throws RetrievalError `INVALID_FILE`, `FORMAT_TOO_NEW` */
export function decodeRows(bytes: Bytes): DecodedSegment {
  return own(() => decodeSegment(bytes), "its rows are damaged");
}

function decodeJson(bytes: Bytes): Readonly<Record<string, unknown>> {
  const value = own(
    () => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown,
    "it has no head or end",
  );
  if (typeof value !== "object" || value === null) throw invalid("it has no head or end");
  return value as Readonly<Record<string, unknown>>;
}

/** What goes wrong in bytes of somebody else is the file's affair, in whatever words it is told. */
function own<T>(read: () => T, problem: string): T {
  try {
    return read();
  } catch (thrown) {
    if (isRetrievalError(thrown) && thrown.code === "FORMAT_TOO_NEW") throw thrown;
    throw invalid(problem, asRetrievalError(thrown));
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function align(length: number): number {
  return Math.ceil(length / 4) * 4;
}
