import { createScanner } from "@nearfield/scan";
import { openEncoder } from "nearfield";
import { wholeText } from "../src/dataset.ts";
import type { Job, JobQuery, Outcome } from "../src/job.ts";
import {
  describeBrowser,
  fetchDocuments,
  fetchVectors,
  inBatches,
  sendAnswer,
  sendProgress,
  storeVectors,
} from "./exchange.ts";
import { encoderOptions } from "./options.ts";

/** Documents that are kept for each query: what runs usually hold, and ten times what the figures look at. */
const FOUND_PER_QUERY = 1_000;

/** One vector for each whole document, and an exact scan of all of them for each query. */
export async function runVectors(job: Job): Promise<Outcome> {
  const encoder = openEncoder(encoderOptions(job));
  try {
    // Waits for the model, so that its loading does not count as encoding.
    await encoder.encode([]);
    const documents = await encodeDocuments(job, encoder);
    const { ids, vectors, dimensions } = documents;
    const scanner = createScanner(dimensions);
    const block = scanner.add(vectors);
    const find = async ({ text, instruction, excluded }: JobQuery) => {
      const [vector] = await encoder.encode([text], { role: "query", instruction });
      if (!vector) throw new Error("the encoder gave no vector for a query");
      return scanner.search(vector, FOUND_PER_QUERY + excluded, [{ block }]);
    };
    // The first query is slower than all others: it is asked twice.
    if (job.queries[0]) await find(job.queries[0]);
    for (const [at, query] of job.queries.entries()) {
      const started = performance.now();
      const { rows, scores } = await find(query);
      const latencyMs = performance.now() - started;
      const found = [...rows].map((row, i) => [ids[row] ?? "", scores[i] ?? 0] as const);
      await sendAnswer({ query: query.id, latencyMs, found });
      await sendProgress({ stage: "queries", done: at + 1, total: job.queries.length });
    }
    scanner.close();
    return {
      model: { name: job.model, dimensions },
      status: { encoder: encoder.status(), scanner: scanner.kind },
      encoded: documents.encoded,
      resumed: job.stored.rows,
      passages: ids.length,
      browser: describeBrowser(),
    };
  } finally {
    await encoder.close();
  }
}

interface EncodedDocuments {
  readonly ids: readonly string[];
  readonly vectors: Float32Array;
  readonly dimensions: number;
  readonly encoded: Outcome["encoded"];
}

/** The vectors of the whole corpus in its order: those that are stored, then the others, batch by batch. */
async function encodeDocuments(
  job: Job,
  encoder: ReturnType<typeof openEncoder>,
): Promise<EncodedDocuments> {
  const ids: string[] = [];
  let { rows, dimensions } = job.stored;
  let vectors = new Float32Array(job.documents * dimensions);
  if (rows > 0) vectors.set(await fetchVectors());
  let seconds = 0;
  for await (const batch of inBatches(pastStored(ids, rows), job.batch)) {
    const started = performance.now();
    const encoded = await encoder.encode(batch.map(wholeText), { role: "document" });
    seconds += (performance.now() - started) / 1000;
    if (dimensions === 0) {
      dimensions = encoded[0]?.length ?? 0;
      vectors = new Float32Array(job.documents * dimensions);
    }
    await storeVectors(encoded, rows, dimensions);
    for (const vector of encoded) vectors.set(vector, rows++ * dimensions);
    await sendProgress({ stage: "documents", done: rows, total: job.documents });
  }
  return {
    ids,
    vectors,
    dimensions,
    encoded: { documents: rows - job.stored.rows, seconds },
  };
}

/** The documents after the first `stored`; fills `ids` with the names of all. */
async function* pastStored(ids: string[], stored: number): ReturnType<typeof fetchDocuments> {
  for await (const document of fetchDocuments()) {
    ids.push(document.id);
    if (ids.length > stored) yield document;
  }
}
