// What the program that runs the benchmark asks of the page, through `globalThis.bench`.
import type { StoredSet } from "./engine.ts";

/** Times of one build, in milliseconds. */
export interface BuildTimes {
  readonly buildMs: number;
  /** Null where building made it durable already. */
  readonly persistMs: number | null;
  /** What the origin uses on disk, as the browser says it. */
  readonly storedBytes: number | null;
}

export interface OpenTimes {
  /** From nothing, code included, to an engine that is open. */
  readonly openMs: number;
  /** From nothing to the first answer. */
  readonly firstAnswerMs: number;
  readonly found: readonly number[];
  readonly described: unknown;
}

export interface Answers {
  /** For each query, in order. */
  readonly ms: readonly number[];
  readonly found: readonly (readonly number[])[];
}

export interface AskJob {
  /** The first query, and how many. */
  readonly from: number;
  readonly count: number;
  readonly limit: number;
  /** Query n only among rows of bucket n modulo this; null: among all rows. */
  readonly buckets: number | null;
}

/** The page's entry points. Each is called in this order, in one or in two lives of the browser. */
export interface Bench {
  /** Fetches rows and brings them into the engine's form. */
  prepare(set: StoredSet, rowsAddress: string): Promise<void>;
  build(): Promise<BuildTimes>;
  /** Fetches queries; the library is not loaded yet. */
  fetchQueries(dimensions: number, queriesAddress: string): Promise<void>;
  /** Opens what another life of the browser stored, and asks the first query. */
  open(set: StoredSet, limit: number): Promise<OpenTimes>;
  ask(job: AskJob): Promise<Answers>;
}

/** Texts to vectors: the entry point of the page that makes real vectors. */
export interface TextBench {
  /** Unit vectors of the texts at an address (a JSON array), posted back in blocks. Resolves with their length. */
  encode(textsAddress: string, vectorsAddress: string): Promise<number>;
}

export interface StoreTimes {
  readonly firstStoredMs: number;
  readonly allStoredMs: number;
  readonly passages: number;
}

export interface SearchStart {
  readonly firstAnswerMs: number;
  /** Of all queries after the first. */
  readonly queryMs: readonly number[];
  /** That the first query found. */
  readonly hits: number;
  readonly described: unknown;
}

/** `openSearch` from texts to answers: the entry points of a page of its own. */
export interface SearchBench {
  /** Adds the texts at an address (a JSON array) as documents. Called in a browser that has nothing stored. */
  store(textsAddress: string): Promise<StoreTimes>;
  /** Opens what was stored, and asks. */
  start(queries: readonly string[], limit: number): Promise<SearchStart>;
}
