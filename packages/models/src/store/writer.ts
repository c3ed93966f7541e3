// Stores a download while it arrives.
import { asRetrievalError, type RetrievalError } from "@nearfield/core";
import type { FileRecord, Shelf } from "../shelf.ts";

/**
 * What a break costs at most. Each part is one entry of the cache, and a file of 1 GB shall not have thousands of them. Larger
 * ones gain nothing: 256 MiB were read back in 1.3 s in parts of this size and in 1.9 s in parts of 64 MiB, and as one entry
 * they could not be stored at all (Chromium, off the record: `UnknownError`).
 */
export const PART_BYTES: number = 8 * 1024 * 1024;

/** Writes a file in parts, one after the other, behind the download. The first failure ends it; the download goes on. */
export class PartWriter {
  readonly #shelf: Shelf;
  readonly #sha256: string;
  readonly #partBytes: number;
  #stored: number;
  #queue: Promise<void> = Promise.resolve();
  #problem: RetrievalError | null = null;

  /** @param stored bytes of the file that are on the shelf already */
  constructor(shelf: Shelf, sha256: string, stored: number, partBytes: number = PART_BYTES) {
    this.#shelf = shelf;
    this.#sha256 = sha256;
    this.#stored = stored;
    this.#partBytes = partBytes;
  }

  /** Takes every whole part of the first `loaded` bytes. Does not wait for the storage. */
  take(bytes: Uint8Array<ArrayBuffer>, loaded: number): void {
    while (loaded - this.#stored >= this.#partBytes) this.#push(bytes, this.#partBytes);
  }

  /** Waits for what was taken. */
  async settle(): Promise<void> {
    await this.#queue;
  }

  /** Forgets what was stored: it belongs to bytes that turned out to be bad. */
  async restart(): Promise<void> {
    await this.#queue;
    await this.#shelf.remove(this.#sha256);
    this.#stored = 0;
  }

  /**
   * Stores the rest of verified bytes and marks the file as whole.
   * @returns why it is not stored; null where it is
   */
  async finish(bytes: Uint8Array<ArrayBuffer>, record: FileRecord): Promise<RetrievalError | null> {
    this.take(bytes, bytes.length);
    if (this.#stored < bytes.length) this.#push(bytes, bytes.length - this.#stored);
    this.#enqueue(() => this.#shelf.writeRecord(record));
    await this.#queue;
    // Half a file would only take room from others.
    if (this.#problem) await this.#shelf.remove(this.#sha256);
    return this.#problem;
  }

  #push(bytes: Uint8Array<ArrayBuffer>, byteLength: number): void {
    const start = this.#stored;
    this.#stored += byteLength;
    const part = bytes.subarray(start, start + byteLength);
    this.#enqueue(() => this.#shelf.writePart(this.#sha256, start, part));
  }

  #enqueue(write: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#problem) return;
      try {
        await write();
      } catch (thrown) {
        this.#problem = asRetrievalError(thrown, "STORAGE_UNAVAILABLE");
      }
    });
  }
}
