// Where files are kept between visits: Cache Storage, in parts under each file's hash.
import { RetrievalError } from "@nearfield/core";
import type { FileRecord, Shelf, ShelfEntry } from "../shelf.ts";

/** Name of our cache. The number is the version of what is stored in it. */
export const CACHE_NAME = "nearfield-models-v2";

/** A cache takes http(s) addresses only, also in an extension; this host can never exist. */
const ROOT = "https://models.nearfield.invalid/";
const recordKey = (sha256: string) => `${ROOT}files/${sha256}`;
const partKey = (sha256: string, start: number, byteLength: number) =>
  `${recordKey(sha256)}/${start}-${byteLength}`;
const noteKey = (name: string) => `${ROOT}notes/${encodeURIComponent(name)}`;

const PART = /\/files\/([0-9a-f]{64})\/(\d+)-(\d+)$/;
const RECORD = /\/files\/[0-9a-f]{64}$/;

/**
 * Opens the shelf of this origin.
 * @throws RetrievalError `STORAGE_UNAVAILABLE` where there is no Cache Storage (plain http, opaque origins, some
 * private modes)
 */
export async function openShelf(name: string = CACHE_NAME): Promise<Shelf> {
  try {
    return new CacheShelf(await caches.open(name));
  } catch (thrown) {
    throw new RetrievalError("STORAGE_UNAVAILABLE", "this page has no Cache Storage", {
      repair: "Serve the page over https and outside of a sandboxed frame.",
      cause: thrown,
    });
  }
}

interface Part {
  readonly url: string;
  readonly sha256: string;
  readonly start: number;
  readonly byteLength: number;
}

class CacheShelf implements Shelf {
  readonly #cache: Cache;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  async record(sha256: string): Promise<FileRecord | null> {
    const json = await this.#readJson(recordKey(sha256));
    return isRecord(json) ? json : null;
  }

  async read(
    sha256: string,
    into: Uint8Array<ArrayBuffer>,
    onRead?: (bytes: number) => void,
  ): Promise<number> {
    let filled = 0;
    try {
      const parts = (await this.#parts()).filter((part) => part.sha256 === sha256);
      for (let part = partAt(parts, 0); part; part = partAt(parts, filled)) {
        if (part.byteLength > into.length - filled) break;
        const response = await this.#cache.match(part.url);
        const bytes = response && new Uint8Array(await response.arrayBuffer());
        if (bytes?.length !== part.byteLength) break;
        into.set(bytes, filled);
        filled += bytes.length;
        onRead?.(filled);
      }
    } catch {
      // A part that can not be read is as good as none.
    }
    return filled;
  }

  async writePart(sha256: string, start: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#put(partKey(sha256, start, bytes.length), bytes);
  }

  async writeRecord(record: FileRecord): Promise<void> {
    await this.#put(recordKey(record.sha256), JSON.stringify(record));
  }

  async remove(sha256: string): Promise<void> {
    try {
      // First what says that the rest is whole.
      await this.#cache.delete(recordKey(sha256));
      const parts = (await this.#parts()).filter((part) => part.sha256 === sha256);
      await Promise.all(parts.map(({ url }) => this.#cache.delete(url)));
    } catch {
      // What can not be deleted is found bad again, or overwritten.
    }
  }

  async list(): Promise<readonly ShelfEntry[]> {
    const parts = await this.#parts();
    const bytes = new Map<string, number>();
    for (const { sha256, byteLength } of parts) {
      bytes.set(sha256, (bytes.get(sha256) ?? 0) + byteLength);
    }
    const urls = (await this.#keys()).filter((url) => RECORD.test(url));
    for (const url of urls) bytes.set(url.slice(-64), bytes.get(url.slice(-64)) ?? 0);
    return Promise.all(
      [...bytes].map(async ([sha256, storedBytes]) => ({
        sha256,
        storedBytes,
        record: await this.record(sha256),
      })),
    );
  }

  recall(name: string): Promise<unknown> {
    return this.#readJson(noteKey(name));
  }

  async note(name: string, value: unknown): Promise<void> {
    await this.#put(noteKey(name), JSON.stringify(value));
  }

  async forget(unwanted: (name: string) => boolean): Promise<void> {
    const prefix = noteKey("");
    for (const url of await this.#keys()) {
      if (url.startsWith(prefix) && unwanted(decodeURIComponent(url.slice(prefix.length)))) {
        await this.#cache.delete(url).catch(() => false);
      }
    }
  }

  async #keys(): Promise<readonly string[]> {
    try {
      return (await this.#cache.keys()).map(({ url }) => url);
    } catch {
      return [];
    }
  }

  async #parts(): Promise<readonly Part[]> {
    return (await this.#keys()).flatMap((url) => {
      const [, sha256, start, byteLength] = PART.exec(url) ?? [];
      return sha256 === undefined
        ? []
        : [{ url, sha256, start: Number(start), byteLength: Number(byteLength) }];
    });
  }

  async #readJson(key: string): Promise<unknown> {
    try {
      return await (await this.#cache.match(key))?.json();
    } catch {
      return undefined;
    }
  }

  async #put(key: string, body: BodyInit): Promise<void> {
    try {
      await this.#cache.put(key, new Response(body));
    } catch (thrown) {
      const full = thrown instanceof DOMException && thrown.name === "QuotaExceededError";
      throw new RetrievalError(
        full ? "STORAGE_FULL" : "STORAGE_UNAVAILABLE",
        "a model's file could not be stored and will be fetched again next time",
        { repair: "Free some storage of this site.", cause: thrown },
      );
    }
  }
}

/** Parts may overlap where builds of two part sizes met: the longest one wins. */
function partAt(parts: readonly Part[], start: number): Part | undefined {
  return parts
    .filter((part) => part.start === start && part.byteLength > 0)
    .toSorted((a, b) => b.byteLength - a.byteLength)[0];
}

function isRecord(value: unknown): value is FileRecord {
  if (typeof value !== "object" || value === null) return false;
  const { sha256, byteLength, models } = value as Partial<FileRecord>;
  return typeof sha256 === "string" && typeof byteLength === "number" && Array.isArray(models);
}
