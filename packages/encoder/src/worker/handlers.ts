import { RetrievalError, type DocumentInput, type IngestCalls } from "@nearfield/core";
import { Connection, type Handlers, type Job } from "@nearfield/link";
import type { EncoderCalls, IngestProgress, IngestReport } from "../calls.ts";
import type { Embedder } from "../embedder.ts";
import { loadModel, type LoadedModel } from "./load.ts";

/** Splits, encodes and commits documents: made by the ingest pipeline for one model and one index. */
export type Ingest = (
  documents: readonly DocumentInput[],
  job: Pick<Job<IngestProgress>, "signal" | "report">,
) => Promise<IngestReport>;

export type CreateIngest = (embedder: Embedder, index: Connection<IngestCalls>) => Ingest;

/** A way to the index worker, kept while an ingest uses it, even after a newer one came. */
interface IndexLink {
  readonly connection: Connection<IngestCalls>;
  users: number;
}

/** The index worker is there already when its port arrives; one commit may take long on a slow disk. */
const INDEX_LIMITS = { startMs: 30_000, deadlineMs: 60_000 } as const;

/** The calls of an encoder worker: `load` once, then the others. */
export function createHandlers(createIngest: CreateIngest): Handlers<EncoderCalls> {
  let loading: Promise<LoadedModel> | undefined;
  let index: IndexLink | undefined;

  async function model(): Promise<LoadedModel> {
    if (loading) return loading;
    throw new RetrievalError("INTERNAL", "this worker has not loaded a model yet");
  }

  async function loaded(): Promise<Embedder> {
    return (await model()).encoder;
  }

  return {
    load: async (request, job) => {
      if (loading) throw new RetrievalError("INTERNAL", "a worker loads one model, once");
      loading = loadModel(request, job);
      return (await loading).report;
    },

    encode: async (request, job) => {
      const embedder = await loaded();
      const { texts, role, instruction, dimensions = embedder.dimensions } = request;
      const rows = await embedder.embed(texts, role, {
        signal: job.signal,
        instruction,
        dimensions,
        onBatch: (done) => job.report({ done, of: texts.length }),
      });
      const vectors = new Float32Array(rows.length * dimensions);
      for (const [row, vector] of rows.entries()) vectors.set(vector, row * dimensions);
      job.transfer(vectors.buffer);
      return { rows: rows.length, dimensions, vectors };
    },

    answer: async ({ texts }, job) => {
      const { encoder, dimensions } = await model();
      const vectors = new Float32Array(texts.length * dimensions);
      for (const [row, text] of texts.entries()) {
        const [vector] = await encoder.encodeBatch([text]);
        vectors.set(vector as Float32Array, row * dimensions);
        job.report({ done: row + 1, of: texts.length });
      }
      job.transfer(vectors.buffer);
      return { rows: texts.length, dimensions, vectors };
    },

    unknown: async ({ text }) => (await model()).encoder.unknownShare(text),

    connect: ({ port }) => {
      const replaced = index;
      index = { connection: new Connection(port, undefined, INDEX_LIMITS), users: 0 };
      if (replaced?.users === 0) replaced.connection.close();
      return null;
    },

    ingest: async ({ documents }, job) => {
      const embedder = await loaded();
      const link = index;
      if (!link) throw new RetrievalError("WORKER_LOST", "this worker has no way to the index");
      link.users++;
      try {
        return await createIngest(embedder, link.connection)(documents, job);
      } finally {
        link.users--;
        if (link !== index && link.users === 0) link.connection.close();
      }
    },
  };
}
