import type { Found } from "../read/gather.ts";
import { FileProblem } from "../read/problem.ts";
import { checkSize } from "../read/size.ts";
import type { Taken } from "../shelf/database.ts";
import { recordOf, type FileRecord } from "../shelf/record.ts";
import type { Catalogue } from "./catalogue.ts";

/** Files that are put on the shelf in one transaction: many small ones, or a few large ones. */
const BATCH_FILES = 64;
const BATCH_BYTES = 16_000_000;

/** What has become of what a person gave. */
export interface IntakeCount {
  /** Put on the shelf; to be read. */
  readonly taken: number;
  /** On the shelf already, and not changed since. */
  readonly unchanged: number;
  /** In a folder, and of a kind that is not read. */
  readonly passedOver: number;
  /** Not taken, each with its reason. */
  readonly failed: number;
}

const NO_ROOM =
  "The browser has no room left for it. Remove something from the library or free room on this device, then add it again.";

/**
 * Puts files on the shelf, each with its original, so that a browser which is killed afterwards has lost nothing. A file that can
 * not be taken says why, and the others are taken.
 */
export class Intake {
  readonly #catalogue: Catalogue;
  readonly #collections: readonly string[];
  readonly #onCount: (count: IntakeCount) => void;
  #count = { taken: 0, unchanged: 0, passedOver: 0, failed: 0 };
  #batch: Taken[] = [];
  #bytes = 0;

  /** `collections`: those that the files come into. */
  constructor(
    catalogue: Catalogue,
    collections: readonly string[],
    onCount: (count: IntakeCount) => void,
  ) {
    this.#catalogue = catalogue;
    this.#collections = collections;
    this.#onCount = onCount;
  }

  /** @throws FileProblem where the source itself ends early; what it gave before is kept */
  async run(found: AsyncIterable<Found>, signal: AbortSignal): Promise<IntakeCount> {
    try {
      for await (const one of found) {
        if (signal.aborted) break;
        await this.#take(one);
        this.#onCount({ ...this.#count });
      }
    } finally {
      await this.#flush();
    }
    return { ...this.#count };
  }

  async #take({ path, file, isNamed }: Found): Promise<void> {
    const blank = recordOf(path, file?.type);
    const record: FileRecord = {
      ...blank,
      bytes: file?.size ?? 0,
      modified: file?.lastModified ?? 0,
      collections: this.#collections,
    };
    try {
      if (!file) throw gone();
      if (!record.kind) {
        if (!isNamed) return void this.#count.passedOver++;
        throw new FileProblem(
          "Files of its kind are not read here. Markdown, text, HTML, PDF and EPUB are.",
        );
      }
      const known = this.#catalogue.records.get(record.id);
      if (known && isSame(known, record)) return await this.#skip(known);
      checkSize(record.kind, file.size);
      const original = await copy(file);
      // The old text is found until the new one is stored.
      const collections = [...new Set([...(known?.collections ?? []), ...record.collections])];
      this.#batch.push({ record: { ...record, collections, hasOriginal: true }, original });
      this.#bytes += file.size;
      this.#count.taken++;
      if (this.#batch.length >= BATCH_FILES || this.#bytes >= BATCH_BYTES) await this.#flush();
    } catch (thrown) {
      if (!(thrown instanceof FileProblem)) throw thrown;
      await this.#fail(record, thrown.message);
    }
  }

  async #skip(known: FileRecord): Promise<void> {
    this.#count.unchanged++;
    const collections = [...new Set([...known.collections, ...this.#collections])];
    if (collections.length > known.collections.length) {
      await this.#catalogue.tell([{ ...known, collections }]);
    }
  }

  async #fail(record: FileRecord, problem: string): Promise<void> {
    this.#count.failed++;
    // What was stored under this name before stays as it is, and so does its record.
    if (this.#catalogue.records.get(record.id)?.state === "stored") {
      const id = `${record.id} (new)`;
      return this.#catalogue.tell([{ ...record, id, state: "failed", problem }]);
    }
    await this.#catalogue.tell([{ ...record, state: "failed", problem }]);
  }

  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#bytes = 0;
    if (batch.length === 0) return;
    try {
      await this.#catalogue.take(batch);
    } catch {
      // One by one: where there is no room for all, there may be for some.
      for (const taken of batch) await this.#takeAlone(taken);
    }
  }

  async #takeAlone(taken: Taken): Promise<void> {
    try {
      await this.#catalogue.take([taken]);
    } catch {
      this.#count.taken--;
      await this.#fail({ ...taken.record, hasOriginal: false }, NO_ROOM);
    }
  }
}

function isSame(known: FileRecord, { bytes, modified }: FileRecord): boolean {
  const isHere = known.state === "stored" || known.state === "waiting";
  return isHere && known.hasOriginal && known.bytes === bytes && known.modified === modified;
}

/** A copy of our own: a file on the disk may change or go away while it is read. */
async function copy(file: File): Promise<Blob> {
  try {
    return new Blob([await file.arrayBuffer()], { type: file.type });
  } catch {
    throw gone();
  }
}

function gone(): FileProblem {
  return new FileProblem(
    "It could not be read: it was moved, deleted or changed in the meantime, or this page may not open it.",
  );
}
