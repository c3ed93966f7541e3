// One download of a file for all tabs and workers of an origin.
import { aborted } from "./retry.ts";

/**
 * How long the worker that downloads may say nothing. It may be a frozen tab: then the one that waits downloads by
 * itself. Longer than the longest pause between two tries.
 */
export const PATIENCE_MS = 90_000;

/** At most this often the others are told. */
const TELL_MS = 500;

const CHANNEL = "nearfield:downloads";

interface Told {
  readonly sha256: string;
  readonly loadedBytes: number;
}

/** Tells those who wait for the same file how far it is. */
export type Tell = (loadedBytes: number) => void;

/**
 * Runs `job` when no other worker of this origin runs one for the same file, or when that one has said nothing for too
 * long.
 * @param onWait told how far the other one is
 * @throws RetrievalError `ABORTED`, and whatever `job` throws
 */
export async function inTurn<T>(
  sha256: string,
  signal: AbortSignal | undefined,
  onWait: (loadedBytes: number) => void,
  job: (tell: Tell) => Promise<T>,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  if (typeof navigator === "undefined" || !("locks" in navigator)) return job(() => {});
  const channel = new BroadcastChannel(CHANNEL);
  const impatience = new AbortController();
  let timer = setTimeout(() => impatience.abort(), patienceMs);
  channel.addEventListener("message", ({ data }: MessageEvent<Told>) => {
    if (data.sha256 !== sha256 || started) return;
    clearTimeout(timer);
    timer = setTimeout(() => impatience.abort(), patienceMs);
    onWait(data.loadedBytes);
  });
  let started = false;
  let told = 0;
  const start = () => {
    started = true;
    clearTimeout(timer);
    return job((loadedBytes) => {
      const now = performance.now();
      if (now - told < TELL_MS) return;
      told = now;
      channel.postMessage({ sha256, loadedBytes } satisfies Told);
    });
  };
  try {
    return await navigator.locks.request(
      `nearfield:download:${sha256}`,
      { signal: signal ? AbortSignal.any([signal, impatience.signal]) : impatience.signal },
      start,
    );
  } catch (thrown) {
    if (started) throw thrown;
    if (signal?.aborted) throw aborted(signal.reason);
    // The wait was too long, or this origin may hold no locks.
    return await start();
  } finally {
    clearTimeout(timer);
    channel.close();
  }
}
