// What the page that runs in the browser and the program that started it say to one another.

/**
 * `vectors`: one vector for each whole document by `openEncoder`, and an exact scan of all of them: how benchmarks and
 * published tables judge a model. `search`: `openSearch` with its passages, as an app uses it; a document has the score of its
 * best passage.
 */
export type EvaluationMode = "vectors" | "search";

/** What the page has to do. Documents are fetched apart, line by line. */
export interface Job {
  readonly mode: EvaluationMode;
  /** Passed on to Nearfield as it is. */
  readonly model: string;
  readonly device: "auto" | "webgpu" | "wasm";
  readonly dimensions: number | undefined;
  /** In `search` mode: how each query is answered; undefined: Nearfield's default. */
  readonly retrieval: "hybrid" | "dense" | "lexical" | undefined;
  /** Where models are fetched from, for models by name; undefined: Nearfield's default. */
  readonly modelHost: string | undefined;
  /** Documents that are handed over, and become durable, together. */
  readonly batch: number;
  readonly documents: number;
  /** In `vectors` mode: vectors that an earlier run stored, and their length. */
  readonly stored: { readonly rows: number; readonly dimensions: number };
  /** Those that no earlier run has answered. */
  readonly queries: readonly JobQuery[];
}

export interface JobQuery {
  readonly id: string;
  readonly text: string;
  readonly instruction: string | undefined;
  /** Documents that will be taken out of what was found, so that more of them have to be found. */
  readonly excluded: number;
}

/** What the page sends for each query. */
export interface Answer {
  readonly query: string;
  /** From the text of the query to its ten best, nothing else going on; null where that was not measured. */
  readonly latencyMs: number | null;
  /** Document and score, best first. */
  readonly found: readonly (readonly [id: string, score: number])[];
}

/** Told while the page works. */
export interface Progress {
  readonly stage: "documents" | "queries";
  readonly done: number;
  readonly total: number;
}

/** What the page knows when it is done. */
export interface Outcome {
  readonly model: { readonly name: string; readonly dimensions: number };
  /** Devices and threads, as `status()` says them. */
  readonly status: unknown;
  /** Documents that this run encoded, and the time that it took; loading the model counts in `search` mode only. */
  readonly encoded: { readonly documents: number; readonly seconds: number };
  /** Documents that were stored already. */
  readonly resumed: number;
  readonly passages: number;
  readonly browser: {
    readonly userAgent: string;
    readonly hardwareConcurrency: number;
    readonly crossOriginIsolated: boolean;
  };
}

/** Addresses on the page's own origin. */
export const PATHS = {
  job: "/evaluation/job.json",
  /** GET: the corpus, a JSON object in a line. */
  documents: "/evaluation/documents.jsonl",
  /** GET: what is stored, row-major float32, little-endian. POST: more of it, `?from=row&dimensions=n`. */
  vectors: "/evaluation/vectors.f32",
  /** POST: an {@link Answer}. */
  answers: "/evaluation/answers",
  /** POST: a {@link Progress}. */
  progress: "/evaluation/progress",
} as const;
