import { crc32, RetrievalError, type ManifestRecord, type StoreToken } from "@nearfield/core";

/** Version of all that is stored: manifest, segments, bitmaps, entries. The IndexedDB version stays 1 for ever. */
export const FORMAT = 1;

/** Before the fingerprint of an index whose content is under another name now: nobody can open it as what it was. */
export const MOVED = "moved:";

/** What the manifest says of one segment. */
export interface SegmentInfo {
  readonly id: number;
  readonly rows: number;
  readonly byteLength: number;
  /** The record's own checksum. */
  readonly checksum: number;
  /** Present where rows were deleted: how many are left, and the CRC-32 of the record in `bitmaps`. */
  readonly bitmap?: { readonly live: number; readonly checksum: number } | undefined;
}

/** What is stored, as of one generation. Written in the transaction of what it describes. */
export interface Manifest extends StoreToken {
  readonly fingerprint: string;
  readonly dimensions: number;
  /** Records in `entries`. */
  readonly entries: number;
  readonly nextSegment: number;
  /** It is the successor of another index and does not count yet; see `succession.ts`. */
  readonly isFilling?: boolean | undefined;
  readonly segments: readonly SegmentInfo[];
  /**
   * Segments that somebody could not read, or whose bitmap: nothing of them is found, and their records stay until all that
   * was lost with them is there again. Absent: none.
   */
  readonly quarantined?: readonly SegmentInfo[] | undefined;
}

/** The first manifest of an index. */
export function createManifest(fingerprint: string, dimensions: number): Manifest {
  return {
    lineage: crypto.randomUUID(),
    generation: 0,
    fingerprint,
    dimensions,
    entries: 0,
    nextSegment: 1,
    segments: [],
  };
}

export function encodeManifest(manifest: Manifest): ManifestRecord {
  const { lineage, generation, ...body } = manifest;
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const token = { format: FORMAT, lineage, generation };
  return { ...token, bytes, checksum: checksumOf(token, bytes) };
}

/** @throws RetrievalError `FORMAT_TOO_NEW`, or `STORAGE_CORRUPT` for anything that was not written by {@link encodeManifest}. */
export function decodeManifest(record: ManifestRecord): Manifest {
  // The record comes from a database that every script of the origin can write to.
  const { format, lineage, generation, bytes, checksum } = record;
  if (typeof format === "number" && format > FORMAT) {
    throw new RetrievalError("FORMAT_TOO_NEW", "the index was stored by a newer version", {
      value: format,
      repair: "Load the newer version of Nearfield; the index was left as it is.",
    });
  }
  if (
    !(bytes instanceof Uint8Array) ||
    checksumOf({ format, lineage, generation }, bytes) !== checksum
  ) {
    throw new RetrievalError("STORAGE_CORRUPT", "the list of what is stored is damaged", {
      repair: "Open the index again: the list is made anew from the records.",
    });
  }
  const body = JSON.parse(new TextDecoder().decode(bytes)) as Omit<Manifest, keyof StoreToken>;
  return { ...body, lineage, generation };
}

function checksumOf(
  { format, lineage, generation }: StoreToken & { readonly format: number },
  bytes: Uint8Array,
): number {
  const token = new TextEncoder().encode(JSON.stringify([format, lineage, generation]));
  return crc32(bytes, crc32(token));
}
