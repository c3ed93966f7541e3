// The binary record of one segment, version 4. Little-endian, as is every machine that runs a browser.
//
//   u32  magic, version, checksum, rows, dimensions, parts, text units, bytes of the columns, code units of the space
//   u32  for each part: first ordinal, rows, rows of its entry and in its two highest bits the form of its payload, code units of its
//        id, code units of its hash, or 2^32 - 1 where that is the one of the part before
//   u16  name of the embedding space, then ids and hashes of the parts, one after the other, as UTF-16 code units (an id may
//        hold a lone surrogate)
//        padding to a multiple of four
//   u8   columns of the parts' fields, see columns/record.ts; a multiple of four
//   f32  rows × dimensions
//
// The checksum is XXH32 over all that follows it.
//
// In version 3 it is a CRC-32, each part has its hash, and every payload a record. Version 2 does not name its space either, and its header ends
// one word earlier: a lost manifest can not be rebuilt from it. Version 1 has no columns (its last word is 0): the fields are in the
// payloads of its entries alone. All are read, none is written.
import { crc32, RetrievalError, xxh32 } from "@nearfield/core";
import { textOfUnits, writeUnits } from "./code-units.ts";
import type { Columns } from "./columns.ts";
import { decodeColumns, encodeColumns } from "./columns/record.ts";
import { PAYLOAD_FORMS, type PayloadForm } from "./payload-form.ts";

/** "NFSG" */
const MAGIC = 0x4753464e;
const VERSION = 4;
const VERSION_WITHOUT_SPACE = 2;
const VERSION_WITHOUT_COLUMNS = 1;
const HEADER_BYTES = 36;
const HEADER_BYTES_WITHOUT_SPACE = 32;
const CHECKSUM_END = 12;
const WORDS_PER_PART = 5;
const FORM_SHIFT = 30;
const MAX_ENTRY_ROWS = 2 ** FORM_SHIFT - 1;
/** In the place of a hash's length: the rows of one call often have one hash, and it is kept once. */
const SAME_HASH = 0xffff_ffff;

/** Rows of a segment at most: measured best for writing and reading at 1.5 to 6 MB a record (see the storage notes). */
export const MAX_SEGMENT_ROWS = 4096;

/** Consecutive rows of a segment that belong to one entry. An entry lies in several parts where a segment ended within it. */
export interface Part {
  readonly id: string;
  readonly hash: string;
  /** Place of the first row of this part within its entry. */
  readonly ordinal: number;
  readonly rows: number;
  /** Rows of the whole entry. */
  readonly of: number;
  /** Of all parts of an entry the same. */
  readonly payload: PayloadForm;
}

/** A record whose vectors are still to be filled in; then {@link sealSegment}. */
export interface BlankSegment {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** View into `bytes`: rows in the order of the parts. */
  readonly vectors: Float32Array<ArrayBuffer>;
}

export interface DecodedSegment {
  /** Name of the embedding space; absent in a record of version 1 or 2. */
  readonly space: string | undefined;
  readonly rows: number;
  readonly dimensions: number;
  /** The record's own checksum, which has been checked. */
  readonly checksum: number;
  readonly parts: readonly Part[];
  /** Fields of the parts; absent in a record of version 1. */
  readonly columns: Columns | undefined;
  /** View into the record. */
  readonly vectors: Float32Array<ArrayBuffer>;
}

/** Makes a record for these parts with all vectors zero. `columns` are of these parts. */
export function layOutSegment(
  parts: readonly Part[],
  columns: Columns,
  { space, dimensions }: { readonly space: string; readonly dimensions: number },
): BlankSegment {
  const fields = encodeColumns(columns);
  let rows = 0;
  let units = space.length;
  parts.forEach(({ id, hash, rows: held }, index) => {
    rows += held;
    units += id.length + (hash === parts[index - 1]?.hash ? 0 : hash.length);
  });
  const at = offsets(HEADER_BYTES, parts.length, units, fields.length);
  const buffer = new ArrayBuffer(at.vectors + rows * dimensions * 4);
  new Uint32Array(buffer, 0, HEADER_BYTES / 4).set([
    MAGIC,
    VERSION,
    0,
    rows,
    dimensions,
    parts.length,
    units,
    fields.length,
    space.length,
  ]);
  const table = new Uint32Array(buffer, HEADER_BYTES, parts.length * WORDS_PER_PART);
  const text = new Uint16Array(buffer, at.text, units);
  let unit = writeUnits(text, 0, space);
  parts.forEach(({ id, hash, ordinal, rows: held, of, payload }, index) => {
    const isSame = hash === parts[index - 1]?.hash;
    const at = index * WORDS_PER_PART;
    table[at] = ordinal;
    table[at + 1] = held;
    table[at + 2] = of | (PAYLOAD_FORMS.indexOf(payload) << FORM_SHIFT);
    table[at + 3] = id.length;
    table[at + 4] = isSame ? SAME_HASH : hash.length;
    unit = writeUnits(text, unit, id);
    if (!isSame) unit = writeUnits(text, unit, hash);
  });
  const bytes = new Uint8Array(buffer);
  bytes.set(fields, at.columns);
  return {
    bytes,
    vectors: new Float32Array(buffer, at.vectors, rows * dimensions),
  };
}

/** Writes the checksum into a filled record and returns it. */
export function sealSegment(bytes: Uint8Array<ArrayBuffer>): number {
  const checksum = xxh32(bytes.subarray(CHECKSUM_END));
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(8, checksum, true);
  return checksum;
}

/**
 * Reads a record back. `expected` is what the manifest says of it; without one the record speaks for itself.
 * @throws RetrievalError `STORAGE_CORRUPT` for bytes that are not the ones that were written, `FORMAT_TOO_NEW` for a newer version.
 */
export function decodeSegment(
  record: Uint8Array<ArrayBuffer>,
  expected?: { readonly rows: number; readonly dimensions: number; readonly checksum: number },
): DecodedSegment {
  // A view into a larger buffer may start anywhere; typed arrays must start at a multiple of their size.
  const bytes = record.byteOffset % 4 === 0 ? record : record.slice();
  if (bytes.byteLength < HEADER_BYTES_WITHOUT_SPACE) throw damaged("it is shorter than its header");
  const words = Math.min(bytes.byteLength, HEADER_BYTES) >> 2;
  const [magic, version, checksum, rows, dimensions, count, units, columnBytes, spaceUnits] =
    new Uint32Array(bytes.buffer, bytes.byteOffset, words) as unknown as readonly number[] as [
      ...(readonly [number, number, number, number, number, number, number, number]),
      number | undefined,
    ];
  if (magic !== MAGIC) throw damaged("it does not begin like one");
  if (version > VERSION || version < VERSION_WITHOUT_COLUMNS) {
    throw new RetrievalError("FORMAT_TOO_NEW", "a segment was written by a newer version", {
      value: version,
      repair: "Load the newer version of Nearfield.",
    });
  }
  const sumOf = version < VERSION ? crc32 : xxh32;
  if (sumOf(bytes.subarray(CHECKSUM_END)) !== checksum) throw damaged("its checksum is wrong");
  if (
    expected &&
    (checksum !== expected.checksum || rows !== expected.rows || dimensions !== expected.dimensions)
  ) {
    throw damaged("it is not the one that the manifest names");
  }
  const namesSpace = version > VERSION_WITHOUT_SPACE;
  const header = namesSpace ? HEADER_BYTES : HEADER_BYTES_WITHOUT_SPACE;
  const at = offsets(header, count, units, columnBytes);
  if (bytes.byteLength !== at.vectors + rows * dimensions * 4) throw damaged("its length is wrong");
  const table = new Uint32Array(bytes.buffer, bytes.byteOffset + header, count * WORDS_PER_PART);
  const text = textOfUnits(new Uint16Array(bytes.buffer, bytes.byteOffset + at.text, units));
  const space = namesSpace ? text.slice(0, spaceUnits) : undefined;
  const parts = decodeParts(table, text, space?.length ?? 0);
  if (parts.reduce((sum, part) => sum + part.rows, 0) !== rows) throw damaged("rows are missing");
  const columns =
    version > VERSION_WITHOUT_COLUMNS
      ? decodeColumns(bytes.subarray(at.columns, at.vectors), parts.length)
      : undefined;
  return {
    space,
    rows,
    dimensions,
    checksum,
    parts,
    columns,
    vectors: new Float32Array(bytes.buffer, bytes.byteOffset + at.vectors, rows * dimensions),
  };
}

function decodeParts(table: Uint32Array, text: string, start: number): Part[] {
  const parts: Part[] = [];
  let unit = start;
  let hash: string | undefined;
  for (let at = 0; at < table.length; at += WORDS_PER_PART) {
    const ordinal = table[at] as number;
    const rows = table[at + 1] as number;
    const of = (table[at + 2] as number) & MAX_ENTRY_ROWS;
    const payload = PAYLOAD_FORMS[(table[at + 2] as number) >>> FORM_SHIFT];
    const hashUnits = table[at + 4] as number;
    if (rows === 0 || ordinal + rows > of || !payload) throw damaged("a part is impossible");
    const middle = unit + (table[at + 3] as number);
    const end = hashUnits === SAME_HASH ? middle : middle + hashUnits;
    if (end > text.length) throw damaged("an id ends outside it");
    const id = text.slice(unit, middle);
    if (hashUnits !== SAME_HASH) hash = text.slice(middle, end);
    if (hash === undefined) throw damaged("a part has no hash");
    parts.push({ id, hash, ordinal, rows, of, payload });
    unit = end;
  }
  return parts;
}

function offsets(
  header: number,
  parts: number,
  units: number,
  columnBytes: number,
): { text: number; columns: number; vectors: number } {
  const text = header + parts * WORDS_PER_PART * 4;
  const columns = Math.ceil((text + units * 2) / 4) * 4;
  return { text, columns, vectors: columns + columnBytes };
}

function damaged(problem: string): RetrievalError {
  return new RetrievalError("STORAGE_CORRUPT", `a segment is damaged: ${problem}`, {
    repair: "Call repair, or add the documents of this segment again.",
  });
}
