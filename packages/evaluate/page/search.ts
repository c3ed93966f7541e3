import { openSearch, type Search } from "nearfield";
import type { CorpusDocument } from "../src/dataset.ts";
import type { Job, Outcome } from "../src/job.ts";
import { bestPassages } from "../src/ranking.ts";
import {
  describeBrowser,
  fetchDocuments,
  inBatches,
  sendAnswer,
  sendProgress,
} from "./exchange.ts";
import { encoderOptions } from "./options.ts";

/** The most that one query may ask for. Those of one document count as one when it is judged. */
const PASSAGES_PER_QUERY = 1_000;

/** Queries that are timed with the facade's default limit, which is what an app waits for; the figures need far more hits. */
const TIMED_QUERIES = 200;

/** The whole of Nearfield, as an app uses it: documents become passages, and the best passage speaks for its document. */
export async function runSearch(job: Job): Promise<Outcome> {
  const search = await openSearch({ name: "evaluation", ...encoderOptions(job) });
  try {
    const documents = await addDocuments(search, job);
    const mode = job.retrieval;
    // The first query waits for the model: it is asked once before.
    if (job.queries[0]) await search.query(job.queries[0].text, { mode });
    const every = Math.max(1, Math.ceil(job.queries.length / TIMED_QUERIES));
    for (const [at, { id, text, instruction }] of job.queries.entries()) {
      let latencyMs: number | null = null;
      if (at % every === 0) {
        const started = performance.now();
        await search.query(text, { instruction, mode });
        latencyMs = performance.now() - started;
      }
      const { hits } = await search.query(text, { instruction, mode, limit: PASSAGES_PER_QUERY });
      const passages = hits.map(({ document, score }) => ({ id: document.id, score }));
      const found = bestPassages(passages).map(
        ({ id: document, score }) => [document, score] as const,
      );
      await sendAnswer({ query: id, latencyMs, found });
      await sendProgress({ stage: "queries", done: at + 1, total: job.queries.length });
    }
    const status = search.status();
    return {
      model: { name: job.model, dimensions: status.model.dimensions },
      status,
      ...documents,
      passages: status.counts.passages,
      browser: describeBrowser(),
    };
  } finally {
    await search.close();
  }
}

async function addDocuments(
  search: Search,
  job: Job,
): Promise<Pick<Outcome, "encoded" | "resumed">> {
  let [added, resumed, seconds] = [0, 0, 0];
  for await (const batch of inBatches(fetchDocuments(), job.batch)) {
    const started = performance.now();
    const result = await search.add(batch.map(inputOf));
    if (result.added > 0) seconds += (performance.now() - started) / 1000;
    added += result.added;
    resumed += result.unchanged;
    await sendProgress({ stage: "documents", done: added + resumed, total: job.documents });
  }
  return { encoded: { documents: added, seconds }, resumed };
}

/** A document that is only a title is found by it. */
function inputOf({ id, title, text }: CorpusDocument): {
  id: string;
  title?: string;
  text: string;
} {
  if (text === "") return { id, text: title };
  return title === "" ? { id, text } : { id, title, text };
}
