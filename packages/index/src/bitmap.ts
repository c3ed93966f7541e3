import { crc32, RetrievalError } from "@nearfield/core";
import type { SegmentInfo } from "./manifest.ts";

/** Bit `row & 7` of byte `row >> 3` is 1 where the row is there: the form that a `Scanner` takes as `allowed`. */
export type Bitmap = Uint8Array<ArrayBuffer>;

/** A bitmap in which every one of `rows` is there. */
export function allRows(rows: number): Bitmap {
  const bitmap = new Uint8Array(Math.ceil(rows / 8)).fill(0xff);
  if (rows % 8) bitmap[bitmap.length - 1] = (1 << (rows % 8)) - 1;
  return bitmap;
}

/** A bitmap in which none of `rows` is there. */
export function noRows(rows: number): Bitmap {
  return new Uint8Array(Math.ceil(rows / 8));
}

/**
 * A bitmap of the rows of those parts that are `passing`, less what `among` has not.
 * @param starts the first row of each part, ascending; the parts fill all rows
 */
export function rowsOfParts(
  passing: Uint8Array,
  starts: Uint32Array,
  rows: number,
  among: Bitmap | undefined,
): Bitmap {
  const bitmap = new Uint8Array(Math.ceil(rows / 8));
  for (let part = 0; part < passing.length; part++) {
    if (passing[part] === 0) continue;
    const end = starts[part + 1] ?? rows;
    setRows(bitmap, starts[part] as number, end);
  }
  if (among) bitmap.forEach((byte, at) => (bitmap[at] = byte & (among[at] as number)));
  return bitmap;
}

export function hasRow(bitmap: Bitmap, row: number): boolean {
  return (((bitmap[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
}

/** Takes the rows `[start, end)` out. */
export function clearRows(bitmap: Bitmap, start: number, end: number): void {
  for (let row = start; row < end; row++) {
    bitmap[row >> 3] = (bitmap[row >> 3] ?? 0) & ~(1 << (row & 7));
  }
}

/** Puts the rows `[start, end)` in. */
export function setRows(bitmap: Bitmap, start: number, end: number): void {
  for (let row = start; row < end; row++) {
    bitmap[row >> 3] = (bitmap[row >> 3] ?? 0) | (1 << (row & 7));
  }
}

export function countRows(bitmap: Bitmap): number {
  let count = 0;
  for (const byte of bitmap) for (let rest = byte; rest; rest &= rest - 1) count++;
  return count;
}

/** Reads a stored bitmap. @throws RetrievalError `STORAGE_CORRUPT` where it is not the one that the manifest names. */
export function decodeBitmap(bytes: Uint8Array<ArrayBuffer>, info: SegmentInfo): Bitmap {
  const sound =
    bytes.byteLength === Math.ceil(info.rows / 8) &&
    crc32(bytes) === info.bitmap?.checksum &&
    countRows(bytes) === info.bitmap.live;
  if (sound) return bytes;
  throw new RetrievalError("STORAGE_CORRUPT", "the bitmap of a segment is damaged", {
    value: info.id,
    repair: "Call repair, or add the documents of this segment again.",
  });
}
