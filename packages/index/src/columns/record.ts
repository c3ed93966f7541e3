// Columns as bytes, a piece of a segment's record (version 2), which has the checksum. Little-endian.
//
//   u32  bytes of the JSON that follows
//   u8   JSON in UTF-8: for each column its name, its values and how many codes it has; [] is the empty list
//        padding to a multiple of four
//   u32  for each column: starts (parts + 1), codes
import { RetrievalError } from "@nearfield/core";
import type { Cell, Column, Columns } from "../columns.ts";
import { isFilterValue } from "../filter/value.ts";

type Head = readonly (readonly [name: string, values: readonly Cell[], codes: number])[];

const LENGTH_BYTES = 4;

/** Bytes of these columns; their number is a multiple of four. */
export function encodeColumns({ parts, byName }: Columns): Uint8Array<ArrayBuffer> {
  const head: Head = Array.from(byName, ([name, { values, codes }]) => [
    name,
    values,
    codes.length,
  ]);
  const text = new TextEncoder().encode(JSON.stringify(head));
  let words = align(text.length) / 4;
  const first = words;
  for (const { codes } of byName.values()) words += parts + 1 + codes.length;
  const bytes = new Uint8Array(words * 4);
  const view = new Uint32Array(bytes.buffer);
  view[0] = text.length;
  bytes.set(text, LENGTH_BYTES);
  let at = first;
  for (const { starts, codes } of byName.values()) {
    view.set(starts, at);
    view.set(codes, at + starts.length);
    at += starts.length + codes.length;
  }
  return bytes;
}

/**
 * Reads columns of `parts` parts back, as copies: nothing keeps the record alive.
 * @param bytes begin at a multiple of four of their buffer
 * @throws RetrievalError `STORAGE_CORRUPT` for anything that {@link encodeColumns} did not make
 */
export function decodeColumns(bytes: Uint8Array<ArrayBuffer>, parts: number): Columns {
  if (bytes.length % 4 !== 0 || bytes.length < LENGTH_BYTES) throw damaged();
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const textBytes = words[0] as number;
  let at = align(textBytes) / 4;
  if (at > words.length) throw damaged();
  const head = decodeHead(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + textBytes));
  const byName = new Map<string, Column>();
  for (const [name, values, count] of head) {
    const middle = at + parts + 1;
    const end = middle + count;
    if (end > words.length) throw damaged();
    const column = { values, starts: words.slice(at, middle), codes: words.slice(middle, end) };
    if (!isSound(column)) throw damaged();
    byName.set(name, column);
    at = end;
  }
  if (at !== words.length) throw damaged();
  return { parts, byName };
}

function decodeHead(text: Uint8Array): Head {
  let head: unknown;
  try {
    head = JSON.parse(new TextDecoder().decode(text));
  } catch (cause) {
    throw damaged(cause);
  }
  if (Array.isArray(head) && head.every(isHeadOfColumn)) return head;
  throw damaged();
}

function isHeadOfColumn(value: unknown): value is Head[number] {
  if (!Array.isArray(value)) return false;
  const [name, values, codes] = value as readonly unknown[];
  return (
    typeof name === "string" &&
    Array.isArray(values) &&
    values.every((cell) => isFilterValue(cell) || (Array.isArray(cell) && cell.length === 0)) &&
    Number.isSafeInteger(codes) &&
    (codes as number) >= 0
  );
}

function isSound({ values, starts, codes }: Column): boolean {
  let before = 0;
  for (const start of starts) {
    if (start < before) return false;
    before = start;
  }
  return starts[0] === 0 && before === codes.length && codes.every((code) => code < values.length);
}

function align(textBytes: number): number {
  return Math.ceil((LENGTH_BYTES + textBytes) / 4) * 4;
}

function damaged(cause?: unknown): RetrievalError {
  return new RetrievalError("STORAGE_CORRUPT", "the fields of a segment are damaged", {
    repair: "Add the documents of this segment again.",
    cause,
  });
}
