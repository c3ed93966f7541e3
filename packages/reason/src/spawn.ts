/** Starts our generator's worker. An app may have a factory of its own. */
export function spawnReasonWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), {
    type: "module",
    name: "nearfield-reason",
  });
}
