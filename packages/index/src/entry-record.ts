// The binary record of one entry, version 1.
//
//   u32  magic, version, checksum, code units of the id, code units of the hash
//   u16  id, hash
//   u8   payload as JSON in UTF-8 (JSON escapes lone surrogates, so nothing is lost)
//
// The checksum is a CRC-32 over all that follows it.
import { crc32, RetrievalError } from "@nearfield/core";

/** "NFEN" */
const MAGIC = 0x4e45464e;
const VERSION = 1;
const HEADER_BYTES = 20;
const CHECKSUM_END = 12;

export interface EntryRecord {
  readonly id: string;
  readonly hash: string;
  readonly payload: unknown;
}

/**
 * @throws RetrievalError `INVALID_DOCUMENT` for a payload that is not made of JSON's own kinds: what would come back
 * changed (a date, a map, an infinite number, a function) is refused rather than changed.
 */
export function encodeEntry({ id, hash, payload }: EntryRecord): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(toJson(id, payload));
  const units = id.length + hash.length;
  const bytes = new Uint8Array(HEADER_BYTES + units * 2 + text.length);
  const names = new Uint16Array(bytes.buffer, HEADER_BYTES, units);
  for (let i = 0; i < id.length; i++) names[i] = id.charCodeAt(i);
  for (let i = 0; i < hash.length; i++) names[id.length + i] = hash.charCodeAt(i);
  bytes.set(text, HEADER_BYTES + units * 2);
  const header = new Uint32Array(bytes.buffer, 0, HEADER_BYTES / 4);
  header.set([MAGIC, VERSION, 0, id.length, hash.length]);
  header[2] = crc32(bytes.subarray(CHECKSUM_END));
  return bytes;
}

/** @throws RetrievalError `STORAGE_CORRUPT` for other bytes than were written, `FORMAT_TOO_NEW` for a newer version. */
export function decodeEntry(record: Uint8Array<ArrayBuffer>): EntryRecord {
  const bytes = record.byteOffset % 4 === 0 ? record : record.slice();
  if (bytes.byteLength < HEADER_BYTES) throw damaged();
  const [magic, version, checksum, idUnits, hashUnits] = new Uint32Array(
    bytes.buffer,
    bytes.byteOffset,
    HEADER_BYTES / 4,
  ) as unknown as [number, number, number, number, number];
  if (magic !== MAGIC || crc32(bytes.subarray(CHECKSUM_END)) !== checksum) throw damaged();
  if (version !== VERSION) {
    throw new RetrievalError("FORMAT_TOO_NEW", "an entry was written by a newer version", {
      value: version,
      repair: "Load the newer version of Nearfield.",
    });
  }
  const textAt = HEADER_BYTES + (idUnits + hashUnits) * 2;
  if (textAt > bytes.byteLength) throw damaged();
  const units = new Uint16Array(bytes.buffer, bytes.byteOffset + HEADER_BYTES, idUnits + hashUnits);
  const id = String.fromCharCode(...units.subarray(0, idUnits));
  const hash = String.fromCharCode(...units.subarray(idUnits));
  try {
    return {
      id,
      hash,
      payload: JSON.parse(new TextDecoder().decode(bytes.subarray(textAt))) as unknown,
    };
  } catch (cause) {
    throw damaged(cause);
  }
}

/** Deeper than any real field; shallow enough that no engine's stack ends first. */
const MAX_DEPTH = 64;

function toJson(id: string, payload: unknown): string {
  const problem = findForeign(payload, 0);
  if (problem) {
    throw new RetrievalError("INVALID_DOCUMENT", `the payload of an entry holds ${problem}`, {
      value: id,
      repair:
        "Store strings, finite numbers, booleans, null, and plain arrays and objects of these.",
    });
  }
  return JSON.stringify(payload ?? null);
}

/** Names the first thing in `value` that JSON would change, or nothing. */
function findForeign(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "undefined":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : "a number that is not finite";
    case "bigint":
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    case "object":
      break;
  }
  if (value === null) return undefined;
  if (depth === MAX_DEPTH) return `something nested more than ${MAX_DEPTH} deep, or a circle`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) {
    return "an object of a class";
  }
  for (const inner of Object.values(value as object)) {
    const problem = findForeign(inner, depth + 1);
    if (problem) return problem;
  }
  return undefined;
}

function damaged(cause?: unknown): RetrievalError {
  return new RetrievalError("STORAGE_CORRUPT", "the record of an entry is damaged", {
    repair: "Add the document again.",
    cause,
  });
}
