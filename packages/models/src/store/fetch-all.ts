import type { ModelFile } from "@nearfield/core";
import type { FetchStage } from "../download.ts";
import { fetchVerified, type FetchOptions, type VerifiedFile } from "../file.ts";

export interface FetchProgress {
  /** Of the file that moved last. */
  readonly stage: FetchStage;
  readonly url: string;
  /** Bytes of all files that are here. */
  readonly loadedBytes: number;
  readonly totalBytes: number;
  /** Over the last seconds of download; null where nothing comes from the network just now. */
  readonly bytesPerSecond: number | null;
}

export interface FetchAllOptions extends Omit<FetchOptions, "onProgress"> {
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

/** Long enough to be calm, short enough to tell of a change. */
const RATE_WINDOW_MS = 5_000;

/**
 * Fetches all files of a model, the one failure that comes first ending the rest.
 * @throws RetrievalError as `fetchVerified`
 */
export async function fetchAll(
  files: readonly ModelFile[],
  options: FetchAllOptions = {},
): Promise<ReadonlyMap<ModelFile, VerifiedFile>> {
  const { signal, onProgress, ...rest } = options;
  const totalBytes = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const loaded = new Map<ModelFile, number>();
  const rate = new Rate();
  const report = (file: ModelFile, bytes: number, stage: FetchStage) => {
    const more = bytes - (loaded.get(file) ?? 0);
    loaded.set(file, bytes);
    if (stage === "download" && more > 0) rate.add(more);
    const loadedBytes = [...loaded.values()].reduce((sum, part) => sum + part, 0);
    const bytesPerSecond = rate.read();
    onProgress?.({ stage, url: file.url, loadedBytes, totalBytes, bytesPerSecond });
  };
  const others = new AbortController();
  const either = signal ? AbortSignal.any([signal, others.signal]) : others.signal;
  try {
    const fetched = files.map(async (file) => {
      const verified = await fetchVerified(file, {
        ...rest,
        signal: either,
        onProgress: (bytes, stage) => report(file, bytes, stage),
      });
      return [file, verified] as const;
    });
    return new Map(await Promise.all(fetched));
  } catch (thrown) {
    others.abort();
    throw thrown;
  }
}

class Rate {
  #samples: { readonly at: number; readonly bytes: number }[] = [];
  #since = 0;

  add(bytes: number): void {
    const at = performance.now();
    if (this.#samples.length === 0) this.#since = at;
    this.#samples.push({ at, bytes });
  }

  read(): number | null {
    const now = performance.now();
    const oldest = now - RATE_WINDOW_MS;
    this.#samples = this.#samples.filter(({ at }) => at >= oldest);
    const spanMs = now - Math.max(oldest, this.#since);
    if (this.#samples.length < 2 || spanMs <= 0) return null;
    return (this.#samples.reduce((sum, { bytes }) => sum + bytes, 0) / spanMs) * 1000;
  }
}
