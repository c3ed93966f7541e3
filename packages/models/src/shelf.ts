// Where verified files are kept between visits: Cache Storage, one entry for each hash.
import { RetrievalError } from "@nearfield/core";

/** Name of our cache. The number is the version of what is stored in it. */
export const CACHE_NAME = "nearfield-models-v1";

/** A cache takes http(s) addresses only, also in an extension; this host can never exist. */
const keyOf = (sha256: string) => `https://models.nearfield.invalid/${sha256}`;

/** Keeps bytes by their SHA-256. What it gives back may be damaged: the caller verifies. */
export interface Shelf {
  read(sha256: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** @throws RetrievalError `STORAGE_FULL` or `STORAGE_UNAVAILABLE` */
  write(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(sha256: string): Promise<void>;
}

/**
 * Opens the shelf of this origin.
 * @throws RetrievalError `STORAGE_UNAVAILABLE` where there is no Cache Storage (plain http, opaque origins, some
 * private modes)
 */
export async function openShelf(name: string = CACHE_NAME): Promise<Shelf> {
  let cache: Cache;
  try {
    cache = await caches.open(name);
  } catch (thrown) {
    throw new RetrievalError("STORAGE_UNAVAILABLE", "this page has no Cache Storage", {
      repair: "Serve the page over https and outside of a sandboxed frame.",
      cause: thrown,
    });
  }
  return {
    // An entry that can not be read is as good as none.
    read: async (sha256) => {
      try {
        const response = await cache.match(keyOf(sha256));
        return response ? new Uint8Array(await response.arrayBuffer()) : null;
      } catch {
        return null;
      }
    },
    write: async (sha256, bytes) => {
      try {
        await cache.put(keyOf(sha256), new Response(bytes));
      } catch (thrown) {
        const full = thrown instanceof DOMException && thrown.name === "QuotaExceededError";
        throw new RetrievalError(
          full ? "STORAGE_FULL" : "STORAGE_UNAVAILABLE",
          "a model's file could not be stored and will be fetched again next time",
          { repair: "Free some storage of this site.", cause: thrown },
        );
      }
    },
    remove: async (sha256) => {
      await cache.delete(keyOf(sha256)).catch(() => false);
    },
  };
}
