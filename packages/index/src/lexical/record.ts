// The words of one segment's rows as bytes, version 1. Stored beside the segment in its transaction. Little-endian.
//
//   u32  magic, version, checksum, words version, checksum of the segment, rows, codes, bytes of a code, bytes of the JSON
//   u32  starts (rows + 1)
//   u16 or u32  codes: for each word of each row its place in the dictionary
//        padding to a multiple of four
//   u8   dictionary: an array of words as JSON in UTF-8
//
// The checksum is a CRC-32 over all that follows it.
import { crc32, type RecordRead } from "@nearfield/core";
import { WORDS_VERSION } from "./words.ts";

/** "NFWD" */
const MAGIC = 0x4457464e;
const VERSION = 1;
const HEADER_WORDS = 9;
const CHECKSUM_END = 12;

/** The words of a segment's rows, row by row. */
export interface SegmentWords {
  readonly rows: number;
  of(row: number): readonly string[];
}

/** Key of a segment's words in the table of segments, whose own keys are numbers. */
export function wordsKey(segment: number): string {
  return `words:${segment}`;
}

/** @param checksum of the segment whose rows these are */
export function encodeWords(
  rows: readonly (readonly string[])[],
  checksum: number,
): Uint8Array<ArrayBuffer> {
  const dictionary = new Map<string, number>();
  const starts = new Uint32Array(rows.length + 1);
  const codes: number[] = [];
  rows.forEach((words, row) => {
    for (const word of words) {
      const code = dictionary.get(word) ?? dictionary.size;
      dictionary.set(word, code);
      codes.push(code);
    }
    starts[row + 1] = codes.length;
  });
  const text = new TextEncoder().encode(JSON.stringify([...dictionary.keys()]));
  const width = dictionary.size <= 0x10000 ? 2 : 4;
  const at = offsets(rows.length, codes.length, width);
  const bytes = new Uint8Array(at.text + text.length);
  const { buffer } = bytes;
  const sizes = [rows.length, codes.length, width, text.length];
  new Uint32Array(buffer, 0, HEADER_WORDS).set([
    MAGIC,
    VERSION,
    0,
    WORDS_VERSION,
    checksum,
    ...sizes,
  ]);
  new Uint32Array(buffer, at.starts, starts.length).set(starts);
  codesOf(buffer, at.codes, codes.length, width).set(codes);
  bytes.set(text, at.text);
  new DataView(buffer).setUint32(8, crc32(bytes.subarray(CHECKSUM_END)), true);
  return bytes;
}

/**
 * The words of a segment, or `undefined` where the record is absent, damaged, of another segment or of other rules: they are
 * then to be had from the passages themselves.
 */
export function decodeWords(
  record: RecordRead,
  segment: { readonly checksum: number; readonly rows: number },
): SegmentWords | undefined {
  if (!(record instanceof Uint8Array) || record.length < HEADER_WORDS * 4) return undefined;
  const bytes = record.byteOffset % 4 === 0 ? record : record.slice();
  const { buffer, byteOffset } = bytes;
  const [magic, version, checksum, rules, of, rows, count, width, textBytes] = new Uint32Array(
    buffer,
    byteOffset,
    HEADER_WORDS,
  ) as unknown as readonly [number, number, number, number, number, number, number, 2 | 4, number];
  const isOurs = magic === MAGIC && version === VERSION && rules === WORDS_VERSION;
  if (!isOurs || of !== segment.checksum || rows !== segment.rows) return undefined;
  if (crc32(bytes.subarray(CHECKSUM_END)) !== checksum) return undefined;
  const at = offsets(rows, count, width);
  if (bytes.length !== at.text + textBytes) return undefined;
  const dictionary = JSON.parse(new TextDecoder().decode(bytes.subarray(at.text))) as string[];
  const starts = new Uint32Array(buffer, byteOffset + at.starts, rows + 1);
  const codes = codesOf(buffer, byteOffset + at.codes, count, width);
  return {
    rows,
    of: (row) =>
      Array.from(codes.subarray(starts[row], starts[row + 1]), (code) => dictionary[code] ?? ""),
  };
}

function codesOf(
  buffer: ArrayBuffer,
  at: number,
  count: number,
  width: 2 | 4,
): Uint16Array | Uint32Array {
  return width === 2 ? new Uint16Array(buffer, at, count) : new Uint32Array(buffer, at, count);
}

function offsets(
  rows: number,
  codes: number,
  width: 2 | 4,
): { readonly starts: number; readonly codes: number; readonly text: number } {
  const starts = HEADER_WORDS * 4;
  const first = starts + (rows + 1) * 4;
  return { starts, codes: first, text: Math.ceil((first + codes * width) / 4) * 4 };
}
