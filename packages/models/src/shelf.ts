// What the store asks of the place where it keeps files.

/** What is written when all parts of a file are there and its hash was found right. */
export interface FileRecord {
  readonly sha256: string;
  readonly byteLength: number;
  /** Where it came from. */
  readonly url: string;
  /** Names of the models that asked for it. */
  readonly models: readonly string[];
  /** Milliseconds since 1970. */
  readonly storedAt: number;
}

/** What the shelf has of a file. Without a record it is the beginning of a download. */
export interface ShelfEntry {
  readonly sha256: string;
  readonly storedBytes: number;
  readonly record: FileRecord | null;
}

/** Keeps bytes by the SHA-256 of their file. What it gives back may be damaged: the caller verifies. */
export interface Shelf {
  /** The record of a whole file; null where there is none. */
  record(sha256: string): Promise<FileRecord | null>;
  /**
   * Fills `into` with what is there without a gap from the start of the file.
   * @returns number of bytes; 0 where nothing can be read
   */
  read(
    sha256: string,
    into: Uint8Array<ArrayBuffer>,
    onRead?: (bytes: number) => void,
  ): Promise<number>;
  /** @throws RetrievalError `STORAGE_FULL` or `STORAGE_UNAVAILABLE` */
  writePart(sha256: string, start: number, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** @throws RetrievalError `STORAGE_FULL` or `STORAGE_UNAVAILABLE` */
  writeRecord(record: FileRecord): Promise<void>;
  /** Deletes a file's record, then its parts. Does nothing where it can not. */
  remove(sha256: string): Promise<void>;
  list(): Promise<readonly ShelfEntry[]>;
  /** A small thing that was written down under a name; undefined where there is none. */
  recall(name: string): Promise<unknown>;
  /** @throws RetrievalError `STORAGE_FULL` or `STORAGE_UNAVAILABLE` */
  note(name: string, value: unknown): Promise<void>;
  /** Deletes every note whose name `unwanted` picks. */
  forget(unwanted: (name: string) => boolean): Promise<void>;
}
