/** Starts our reranker's worker. An app may have a factory of its own; see `spawn` of the client's options. */
export function spawnRerankWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), {
    type: "module",
    name: "nearfield-rerank",
  });
}
