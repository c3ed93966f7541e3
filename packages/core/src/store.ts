/** One state of a stored index. `lineage` is drawn at creation: a database that was deleted and made again has another. */
export interface StoreToken {
  readonly lineage: string;
  readonly generation: number;
}

/**
 * The record that says what is stored. A store reads the token and nothing else; format, meaning and checksum of
 * `bytes` are the index's affair.
 */
export interface ManifestRecord extends StoreToken {
  readonly format: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** CRC-32 over `bytes` and the fields above. */
  readonly checksum: number;
}

/**
 * `segments`: vectors in big immutable records, by number, and their words by `words:` and that number. `bitmaps`: which rows of a segment are left, by the segment's
 * number. `entries`: one record for each entry, by its id.
 */
export type StoreTable = "segments" | "bitmaps" | "entries";
export type RecordKey = number | string;

export interface StoredRecord {
  readonly table: StoreTable;
  readonly key: RecordKey;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What reading one record gave: its bytes, or that there is none, or that the browser has it and can not read it. */
export type RecordRead = Uint8Array<ArrayBuffer> | "absent" | "unreadable";

/** Records and the manifest as of one and the same moment. */
export interface StoreSnapshot {
  readonly manifest: ManifestRecord | undefined;
  /** In the order of the keys asked for. */
  readonly records: readonly RecordRead[];
}

/** All that one commit changes. A key is either put or deleted. */
export interface StoreChange {
  /** The state this change was made from; `undefined`: there is no manifest yet. */
  readonly base: StoreToken | undefined;
  readonly manifest: ManifestRecord;
  readonly puts: readonly StoredRecord[];
  readonly deletes: readonly { readonly table: StoreTable; readonly key: RecordKey }[];
}

/** Bytes `[start, end)` of a record. */
export interface Piece {
  readonly start: number;
  readonly end: number;
}

/** A record that is read in pieces. It stays what it was when it was asked for, also after it was deleted. */
export interface RecordHandle {
  /**
   * These pieces, one after the other, unchecked. `pieces` ascend and do not overlap.
   * @throws RetrievalError `STORAGE_UNAVAILABLE` where they can not be read, `TIMEOUT`
   */
  read(pieces: readonly Piece[]): Promise<Uint8Array<ArrayBuffer>>;
}

/** A second set of records, which becomes the stored one at a stroke or not at all. */
export interface StoreStage {
  /** Stores records that nobody sees yet. They are durable when it answers. */
  put(records: readonly StoredRecord[]): Promise<void>;
  /**
   * If the stored manifest bears the token `base`, makes the staged records, under this manifest, all that is stored, and
   * answers `true`. If it bears another, changes nothing and answers `false`; it may be tried again from there.
   */
  commit(base: StoreToken | undefined, manifest: ManifestRecord): Promise<boolean>;
  /** Gives the records up. Idempotent; after a commit it does nothing. What a dead worker has left goes with a later `open`. */
  discard(): Promise<void>;
}

/**
 * Keeps the records of one index. Several stores, in several tabs, may be open on one index at once.
 *
 * Every method settles within a deadline. Failures are `RetrievalError`s: `STORAGE_UNAVAILABLE` (refused, or lost and
 * not to be had again), `TIMEOUT` (open, but does not answer), `STORAGE_FULL`, `UPGRADE_REQUIRED`, `FORMAT_TOO_NEW`, `CLOSED`.
 * After a failure the next call may succeed.
 */
export interface SegmentStore {
  /** `ephemeral`: gone with this object. */
  readonly persistence: "best-effort" | "ephemeral";
  /** The manifest and these records of `table`, in one snapshot. */
  read(table: StoreTable, keys: readonly RecordKey[]): Promise<StoreSnapshot>;
  /** A record of `table` to be read in pieces, where the store can without reading all of it each time. */
  handle(table: StoreTable, key: RecordKey): Promise<RecordHandle | "absent" | "unreadable">;
  /** Every key of `table`, ascending, in one snapshot with the manifest. */
  keys(table: StoreTable): Promise<{
    readonly manifest: ManifestRecord | undefined;
    readonly keys: readonly RecordKey[];
  }>;
  /**
   * If the stored manifest bears the token `base`, makes the whole change durable and then answers `true`. If it bears
   * another (somebody else has committed), changes nothing and answers `false`. If it rejects, the change happened wholly or
   * not at all; with `STORAGE_FULL`, not at all. The caller leaves the bytes alone until the answer.
   */
  commit(change: StoreChange): Promise<boolean>;
  /** Begins a second set of records beside the one that is stored, for a change that no single transaction can hold. */
  stage(): Promise<StoreStage>;
  /**
   * Runs `task` while no other store of this index runs one of its own. This saves work and promises nothing: who does not
   * come to an end within a lease is overtaken, and where the browser has no locks nobody waits. `commit` is what is safe.
   */
  takeTurn<T>(task: () => Promise<T>): Promise<T>;
  /** Bytes that may still be stored, as the browser estimates it; undefined where it does not say. Never rejects. */
  room(): Promise<number | undefined>;
  /** Calls `listener` after commits of others. A hint: it may come late, twice or never. Returns the way to stop. */
  watch(listener: () => void): () => void;
  /** Deletes everything and closes. */
  destroy(): Promise<void>;
  /** Idempotent. Calls after it reject with `CLOSED`. */
  close(): void;
}

/** True where both name the same state. */
export function sameToken(a: StoreToken | undefined, b: StoreToken | undefined): boolean {
  return a?.lineage === b?.lineage && a?.generation === b?.generation;
}
