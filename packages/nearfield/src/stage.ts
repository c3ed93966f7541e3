// What an answer in stages is made of, whom it asks, and what it is asked.
import type { RetrievalError, Role } from "@nearfield/core";
import type { TextInput } from "@nearfield/encoder";
import type { Filter, SearchAnswer } from "@nearfield/index";
import type { Hit } from "./hit.ts";
import type { QueryReason } from "./reason-options.ts";
import type { QueryRerank } from "./rerank-options.ts";

/** `hybrid`: by words and by meaning. `dense`: by meaning alone. `lexical`: by words alone, without a model. */
export type QueryMode = "hybrid" | "dense" | "lexical";

export type StageName = "lexical" | "dense" | "hybrid" | "reranked";

/** A part of the ranking that was left out, and why. */
export interface Skipped {
  readonly part: "dense" | "lexical" | "reason" | "rerank";
  /** Absent where nothing failed. */
  readonly failure?: RetrievalError | undefined;
  readonly reason: string;
}

/** The hits as they are known by now. */
export interface Stage {
  readonly name: StageName;
  /** Best first; equal scores by document id, then by place in the document, and those of a reranker as they were before it. */
  readonly hits: readonly Hit[];
  /** The generation of the index that was searched. */
  readonly generation: number;
  /** True for the last one: it will not get better. */
  readonly isFinal: boolean;
  /** What this stage should have had and has not. Empty when all went well. */
  readonly skipped: readonly Skipped[];
  readonly trace: StageTrace;
}

/** Milliseconds and numbers of a stage. A step that was not made is absent. */
export interface StageTrace {
  /** From the call to this stage. */
  readonly totalMs: number;
  /** Thinking about the query before that. */
  readonly reasonMs?: number | undefined;
  /** What was thought; absent where nothing was. */
  readonly thoughts?: readonly string[] | undefined;
  /** The query's way through the model, waiting for the model included. */
  readonly encodeMs?: number | undefined;
  /** Words, vectors, fusion and reading, in the index worker. */
  readonly lexicalMs?: number | undefined;
  readonly denseMs?: number | undefined;
  readonly fusionMs?: number | undefined;
  readonly readMs?: number | undefined;
  readonly rerankMs?: number | undefined;
  /** Passages that were proposed by meaning and by words, and weighed for both. */
  readonly candidates: {
    readonly dense?: number | undefined;
    readonly lexical?: number | undefined;
    readonly fused?: number | undefined;
    readonly reranked?: number | undefined;
  };
}

/** What is asked, checked. */
export interface Question {
  readonly text: string;
  readonly limit: number;
  readonly filter: Filter | undefined;
  readonly mode: QueryMode;
  readonly instruction: string | undefined;
  readonly rerank?: QueryRerank | undefined;
  readonly reason?: QueryReason | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Whom the stages ask: one model and the index of its vectors. */
export interface Source {
  /** One query, or what was thought about it, as a vector. Waits for the model. */
  encode(
    text: TextInput,
    options: Pick<Question, "instruction" | "signal"> & { readonly role: Role },
  ): Promise<Float32Array | undefined>;
  /** What the model that encodes queries wants to happen to them before; null while it is not known, and where nothing is. */
  queryStep(): string | null;
  /** Share of the query that the model can not read, 0 to 1. */
  unknownShare(text: string, signal: AbortSignal | undefined): Promise<number>;
  search(
    vector: Float32Array | undefined,
    limit: number,
    options: Pick<Question, "filter" | "signal"> & { readonly text?: string | undefined },
  ): Promise<SearchAnswer>;
}

export interface Sources {
  /**
   * Does a piece of work that needs one and the same source from its beginning to its end; again with another one, where the
   * first was replaced meanwhile.
   */
  ask<T>(work: (source: Source) => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /** Thinks about a query before it is encoded. Absent where nobody does. */
  readonly think?: Think | undefined;
  /** Stages behind words and meaning, in their order. */
  readonly further: readonly FurtherStage[];
}

/** Never rejects but with `ABORTED`: whatever else fails leaves the plain query. */
export type Think = (text: string, signal: AbortSignal | undefined) => Promise<Thoughts>;

/** What is encoded for a query. */
export interface Thoughts {
  readonly inputs: readonly { readonly input: TextInput; readonly role: Role }[];
  /** The query's vector of those of the inputs. */
  combine(vectors: readonly Float32Array[]): Float32Array | undefined;
  /** What was thought; empty where the plain query is encoded. */
  readonly thoughts: readonly string[];
  readonly skipped: readonly Skipped[];
  readonly reasonMs?: number | undefined;
}

/** A stage that puts what was found into a better order. If it fails, the order stays and the answer says so. */
export interface FurtherStage {
  readonly name: "reranked";
  readonly part: "rerank";
  /** Hits that it wants to see. The others stay behind them in the order that they have. */
  readonly candidates: number;
  /** These hits and no others, best first, with its own score and part. */
  rank(
    text: string,
    hits: readonly Hit[],
    options: Pick<Question, "instruction" | "signal">,
  ): Promise<readonly Hit[]>;
}
