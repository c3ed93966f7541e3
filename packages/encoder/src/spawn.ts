/** Starts our encoder worker. An app may have a factory of its own; see `spawn` of the client's options. */
export function spawnEncoderWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), {
    type: "module",
    name: "nearfield-encoder",
  });
}
