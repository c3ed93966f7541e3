import { RetrievalError } from "@nearfield/core";
import type { Handlers } from "@nearfield/link";
import type { RerankCalls } from "../calls.ts";
import { loadReranker, type LoadedReranker } from "./load.ts";

/** The calls of a reranker's worker: `load` once, then the others. */
export function createHandlers(): Handlers<RerankCalls> {
  let loading: Promise<LoadedReranker> | undefined;
  return {
    load: async (request, job) => {
      if (loading) throw new RetrievalError("INTERNAL", "a worker loads one model, once");
      loading = loadReranker(request, job);
      return (await loading).report;
    },

    score: async (request, job) => {
      if (!loading) throw new RetrievalError("INTERNAL", "this worker has not loaded a model yet");
      const { scorer } = await loading;
      const of = request.passages.length;
      const scores = await scorer.score(request, {
        signal: job.signal,
        onBatch: (done) => job.report({ done, of }),
      });
      job.transfer(scores.buffer);
      return scores;
    },
  };
}
