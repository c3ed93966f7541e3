import {
  BlobReader,
  configure,
  ZipReader,
  type FileEntry,
} from "@zip.js/zip.js/lib/zip-core-native.js";
import { FileProblem, sayBytes } from "./problem.ts";

/** A thick book with a picture on every page has a few thousand. */
const MAX_ENTRIES = 20_000;

/** Of one part, unpacked: a chapter of more is no chapter. */
const MAX_ENTRY_BYTES = 30_000_000;

/** Of everything that one look at a book unpacks. */
const MAX_TOTAL_BYTES = 300_000_000;

/** Text shrinks to a tenth at the best, and a drawing to a fiftieth. */
const MAX_RATIO = 200;

/** Smaller parts can do no harm, whatever their ratio. */
const RATIO_FREE_BYTES = 1_000_000;

// The browser's own streams unpack off the page's thread; a worker of the library would need a policy for its address.
configure({ useWebWorkers: false });

/**
 * A ZIP archive that is not trusted. Sizes that it names are checked before anything is unpacked, and what really comes out is
 * counted while it comes: an archive may lie.
 */
export class Archive {
  readonly #reader: ZipReader<Blob>;
  readonly #entries = new Map<string, FileEntry>();
  #unpacked = 0;

  private constructor(reader: ZipReader<Blob>) {
    this.#reader = reader;
  }

  /** @throws FileProblem where it is no archive, or one with too much in it */
  static async open(blob: Blob): Promise<Archive> {
    const archive = new Archive(new ZipReader(new BlobReader(blob)));
    try {
      for await (const entry of archive.#reader.getEntriesGenerator()) {
        if (archive.#entries.size >= MAX_ENTRIES) {
          throw new FileProblem(
            `It has more than ${MAX_ENTRIES} parts, and no book has that many.`,
          );
        }
        if (!entry.directory) archive.#entries.set(entry.filename, entry);
      }
    } catch (thrown) {
      await archive.close();
      if (thrown instanceof FileProblem) throw thrown;
      throw new FileProblem("It is broken, or it is no EPUB. Nothing could be read from it.");
    }
    return archive;
  }

  has(path: string): boolean {
    return this.#entries.has(path);
  }

  /** @throws FileProblem for a part that is missing, broken, locked, or unpacks to too much */
  async text(path: string): Promise<string> {
    const chunks = await this.#unpack(path);
    return new TextDecoder().decode(await new Blob(chunks).arrayBuffer());
  }

  /** As {@link text}. */
  async blob(path: string, type: string): Promise<Blob> {
    return new Blob(await this.#unpack(path), { type });
  }

  async close(): Promise<void> {
    await this.#reader.close().catch(() => {});
  }

  async #unpack(path: string): Promise<Uint8Array<ArrayBuffer>[]> {
    const entry = this.#entries.get(path);
    if (!entry) throw new FileProblem(`A part of it is missing: ${path}.`);
    if (entry.encrypted) throw new FileProblem("It is locked with a password.");
    checkRatio(entry.uncompressedSize, entry.compressedSize);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    let problem: FileProblem | undefined;
    const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
      write: (chunk) => {
        size += chunk.byteLength;
        this.#unpacked += chunk.byteLength;
        try {
          checkRatio(size, entry.compressedSize);
          if (this.#unpacked > MAX_TOTAL_BYTES) throw tooLarge(MAX_TOTAL_BYTES);
        } catch (thrown) {
          problem = thrown as FileProblem;
          throw thrown;
        }
        chunks.push(chunk);
      },
    });
    try {
      await entry.getData(sink, { checkSignature: true });
    } catch {
      throw problem ?? new FileProblem(`A part of it is broken: ${path}.`);
    }
    return chunks;
  }
}

function checkRatio(bytes: number, packed: number): void {
  if (bytes > MAX_ENTRY_BYTES) throw tooLarge(MAX_ENTRY_BYTES);
  if (bytes > RATIO_FREE_BYTES && bytes > packed * MAX_RATIO) {
    throw new FileProblem(
      `It unpacks to more than ${MAX_RATIO} times its size. Files like that are made to do harm, so it was not opened.`,
    );
  }
}

function tooLarge(limit: number): FileProblem {
  return new FileProblem(
    `It unpacks to more than ${sayBytes(limit)}, and no book does. It was not opened.`,
  );
}
