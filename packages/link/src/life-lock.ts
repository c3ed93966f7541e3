// A worker that closes itself, or is killed by the browser, sends no event. But its Web Locks are released.

let held: Promise<string | undefined> | undefined;

/**
 * Takes a lock for as long as this worker lives, once per worker, and gives its name: whoever obtains it next knows
 * that we are gone. `undefined` where no lock is to be had: on a page (it would keep the page from the back/forward
 * cache), and in a worker of opaque origin (a `data:` URL).
 */
export function holdLifeLock(): Promise<string | undefined> {
  return (held ??= take().catch(() => undefined));
}

/** Calls `onFreed` once the lock `name` is free, which means that its holder is gone, unless `signal` aborts first. */
export function watchLifeLock(name: string, signal: AbortSignal, onFreed: () => void): void {
  if (!("locks" in navigator)) return;
  // Shared, so that several watchers of one worker do not wait for each other.
  navigator.locks.request(name, { mode: "shared", signal }, onFreed).catch(() => {});
}

async function take(): Promise<string | undefined> {
  if ("document" in globalThis || !("locks" in navigator)) return undefined;
  const name = `nearfield:alive:${crypto.randomUUID()}`;
  return new Promise((resolve, reject) => {
    const forLife = () => {
      resolve(name);
      return new Promise<never>(() => {});
    };
    navigator.locks.request(name, forLife).catch(reject);
  });
}
