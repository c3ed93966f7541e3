import { asRetrievalError, RetrievalError, sha256, type ModelFile } from "@nearfield/core";
import { download, type DownloadOptions, type OnBytes } from "./download.ts";
import { openShelf, type Shelf } from "./shelf.ts";

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnBytes | undefined;
  /** Where verified files are kept; `null` keeps nothing. Default: Cache Storage of this origin. */
  readonly cache?: Shelf | null | undefined;
  /** How long the server may stay silent, in milliseconds. */
  readonly stallMs?: number | undefined;
}

/** A file whose bytes are proven to be those that its card names. */
export interface VerifiedFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly from: "cache" | "network";
  /** Why the file is not kept for the next visit; null where it is. */
  readonly notStored: RetrievalError | null;
}

/**
 * How long to wait for another worker's download of the same file. It may be a frozen tab: then this one downloads by
 * itself.
 */
const LOCK_PATIENCE_MS = 60_000;

/**
 * Gives the bytes of `file`, from the cache or else from the network, with their SHA-256 checked on either way. A
 * damaged cache entry is deleted and fetched again; bad bytes from the network are fetched once more. Several workers
 * of one origin download a file once. Storage that is missing or full is no failure: see `notStored`.
 *
 * @throws RetrievalError `MODEL_INTEGRITY`, `MODEL_UNAVAILABLE`, `MODEL_UNAVAILABLE_OFFLINE`, `ABORTED`
 */
export async function fetchVerified(
  file: ModelFile,
  options: FetchOptions = {},
): Promise<VerifiedFile> {
  const { cache, signal } = options;
  if (signal?.aborted) {
    throw new RetrievalError("ABORTED", "the caller gave up a download", { cause: signal.reason });
  }
  if (file.url.startsWith("data:")) return fetchUnstored(file, options, null); // is here already
  if (cache === null) {
    const unwanted = new RetrievalError("STORAGE_UNAVAILABLE", "storing was switched off");
    return fetchUnstored(file, options, unwanted);
  }
  let shelf: Shelf;
  try {
    shelf = cache ?? (await openShelf());
  } catch (thrown) {
    return fetchUnstored(file, options, asRetrievalError(thrown, "STORAGE_UNAVAILABLE"));
  }
  const stored = await readVerified(file, shelf, options.onProgress);
  if (stored) return stored;
  return inTurn(file.sha256, signal, async () => {
    // While we waited for our turn, another worker may have stored it.
    const meanwhile = await readVerified(file, shelf, options.onProgress);
    if (meanwhile) return meanwhile;
    const bytes = await downloadVerified(file, options);
    const notStored = await shelf.write(file.sha256, bytes).then(
      () => null,
      (thrown: unknown) => asRetrievalError(thrown, "STORAGE_UNAVAILABLE"),
    );
    return { bytes, from: "network", notStored };
  });
}

async function fetchUnstored(
  file: ModelFile,
  options: FetchOptions,
  notStored: RetrievalError | null,
): Promise<VerifiedFile> {
  return { bytes: await downloadVerified(file, options), from: "network", notStored };
}

async function readVerified(
  file: ModelFile,
  shelf: Shelf,
  onProgress: OnBytes | undefined,
): Promise<VerifiedFile | null> {
  const bytes = await shelf.read(file.sha256);
  if (!bytes) return null;
  if (bytes.length !== file.byteLength || (await sha256(bytes)) !== file.sha256) {
    await shelf.remove(file.sha256);
    return null;
  }
  onProgress?.(bytes.length);
  return { bytes, from: "cache", notStored: null };
}

async function downloadVerified(
  file: ModelFile,
  options: DownloadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await downloadOnce(file, options);
  } catch (thrown) {
    // A proxy, or the browser's HTTP cache, may hold a bad copy: one clean retry past them.
    if (!(thrown instanceof RetrievalError) || thrown.code !== "MODEL_INTEGRITY") throw thrown;
    return downloadOnce(file, { ...options, fresh: true });
  }
}

async function downloadOnce(
  file: ModelFile,
  options: DownloadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await download(file, options);
  const met = await sha256(bytes);
  if (met === file.sha256) return bytes;
  throw new RetrievalError("MODEL_INTEGRITY", `${file.url} is not the file of the model card`, {
    value: met,
    repair: `Serve the file whose SHA-256 is ${file.sha256}.`,
  });
}

/** Runs `job` when no other worker of this origin runs one of the same name, or when that took too long. */
async function inTurn<T>(
  name: string,
  signal: AbortSignal | undefined,
  job: () => Promise<T>,
): Promise<T> {
  if (typeof navigator === "undefined" || !("locks" in navigator)) return job();
  const patience = AbortSignal.timeout(LOCK_PATIENCE_MS);
  let started = false;
  try {
    return await navigator.locks.request(
      `nearfield:download:${name}`,
      { signal: signal ? AbortSignal.any([signal, patience]) : patience },
      () => {
        started = true;
        return job();
      },
    );
  } catch (thrown) {
    if (started) throw thrown;
    if (signal?.aborted) {
      throw new RetrievalError("ABORTED", "the caller gave up a download", { cause: thrown });
    }
    // The wait was too long, or this origin may hold no locks.
    return job();
  }
}
