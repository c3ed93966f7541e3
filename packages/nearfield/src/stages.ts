// An answer in stages, each better than the last: by words at once, then by words and meaning, then by whatever is put behind.
import { asRetrievalError, RetrievalError } from "@nearfield/core";
import type { Filter, SearchAnswer } from "@nearfield/index";
import { aborted } from "@nearfield/link";
import { hitOf, type Hit } from "./hit.ts";

/** `hybrid`: by words and by meaning. `dense`: by meaning alone. `lexical`: by words alone, without a model. */
export type QueryMode = "hybrid" | "dense" | "lexical";

export type StageName = "lexical" | "dense" | "hybrid" | "reranked";

/** A part of the ranking that was left out, and why. */
export interface Skipped {
  readonly part: "dense" | "lexical" | "rerank";
  /** Absent where nothing failed. */
  readonly failure?: RetrievalError | undefined;
  readonly reason: string;
}

/** The hits as they are known by now. */
export interface Stage {
  readonly name: StageName;
  /** Best first; equal scores by document id, then by place in the document. */
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
  readonly signal: AbortSignal | undefined;
}

/** Whom the stages ask: one model and the index of its vectors. */
export interface Source {
  /** One query as a vector. Waits for the model. */
  encode(
    text: string,
    options: Pick<Question, "instruction" | "signal">,
  ): Promise<Float32Array | undefined>;
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
  /** Stages behind words and meaning, in their order. */
  readonly further: readonly FurtherStage[];
}

/** A stage that puts what was found into a better order. If it fails, the order stays and the answer says so. */
export interface FurtherStage {
  readonly name: "reranked";
  readonly part: "rerank";
  /** Hits that it wants to see at least. */
  readonly candidates: number;
  /** These hits and no others, best first, with its own score and part. */
  rank(
    text: string,
    hits: readonly Hit[],
    options: Pick<Question, "instruction" | "signal">,
  ): Promise<readonly Hit[]>;
}

/**
 * A query of which the model can not read more than this part says nothing by its vector: that of an English model for a
 * Chinese question is noise, and would push aside what the words have found.
 */
const MOST_UNKNOWN = 0.5;

/**
 * The stages of one answer. The model is asked at once, and the words do not wait for it. Where the model fails after the words have
 * answered, the last stage is theirs and says so in `skipped`.
 * @throws RetrievalError what the index throws; in `dense` mode also what the model can meet; `ABORTED`
 */
export async function* stagesOf(sources: Sources, question: Question): AsyncGenerator<Stage, void> {
  const run = new Run(sources, question);
  const { mode, signal } = question;
  const meaning = mode === "lexical" ? undefined : run.findByMeaning();
  // Whoever stops listening before it is needed leaves nobody to hear of its failure.
  meaning?.catch(() => {});
  let found: Found | undefined;
  if (mode !== "dense") {
    found = await run.findByWords();
    yield run.tell(found, !meaning && sources.further.length === 0);
  }
  if (meaning) {
    try {
      found = await meaning;
    } catch (thrown) {
      if (!found || signal?.aborted) throw thrown;
      found = { ...found, skipped: [skip("dense", thrown)] };
    }
    yield run.tell(found, sources.further.length === 0);
  }
  for (const [at, further] of sources.further.entries()) {
    found = await run.improve(found as Found, further);
    yield run.tell(found, at === sources.further.length - 1);
  }
}

/**
 * The last stage alone: nothing is asked that it does not need.
 * @throws RetrievalError as {@link stagesOf}, and what the model can meet
 */
export async function finalStage(sources: Sources, question: Question): Promise<Stage> {
  const run = new Run(sources, question);
  let found = question.mode === "lexical" ? await run.findByWords() : await run.findByMeaning();
  for (const further of sources.further) found = await run.improve(found, further);
  return run.tell(found, true);
}

/** What a query means; without a vector where the model can not read it. */
interface Meaning {
  readonly vector: Float32Array | undefined;
  readonly skipped: readonly Skipped[];
  readonly encodeMs: number;
}

/** A stage before it is told: with all hits that a further stage wants to see. */
interface Found extends Omit<Stage, "isFinal" | "trace"> {
  readonly trace: Omit<StageTrace, "totalMs">;
}

/** One question on its way through the stages. */
class Run {
  readonly #sources: Sources;
  readonly #question: Question;
  readonly #startedAt = performance.now();

  constructor(sources: Sources, question: Question) {
    this.#sources = sources;
    this.#question = question;
  }

  findByWords(): Promise<Found> {
    const { signal, text } = this.#question;
    return this.#sources.ask((source) => this.#search(source, "lexical", undefined, text), signal);
  }

  /** By meaning, and in hybrid mode by words too. */
  findByMeaning(): Promise<Found> {
    const { mode, text, signal } = this.#question;
    const words = mode === "dense" ? undefined : text;
    return this.#sources.ask(async (source) => {
      const { vector, skipped, encodeMs } = await this.#understand(source);
      const found = await this.#search(source, mode, vector, words);
      return { ...found, skipped, trace: { ...found.trace, encodeMs } };
    }, signal);
  }

  async #understand(source: Source): Promise<Meaning> {
    const { text, instruction, signal, mode } = this.#question;
    const begunAt = performance.now();
    const [vector, unknown] = await Promise.all([
      source.encode(text, { instruction, signal }),
      mode === "hybrid" ? source.unknownShare(text, signal) : 0,
    ]);
    if (!vector) throw new RetrievalError("INTERNAL", "the encoder gave no vector for the query");
    const encodeMs = performance.now() - begunAt;
    if (unknown <= MOST_UNKNOWN) return { vector, skipped: [], encodeMs };
    const reason = `the model does not know ${Math.round(unknown * 100)} % of the query`;
    return { vector: undefined, skipped: [{ part: "dense", reason }], encodeMs };
  }

  /** The same hits in a better order; where that fails, in the one that they have. */
  async improve(found: Found, further: FurtherStage): Promise<Found> {
    const { text, instruction, signal } = this.#question;
    const begunAt = performance.now();
    try {
      const hits = await further.rank(text, found.hits, { instruction, signal });
      const candidates = { ...found.trace.candidates, reranked: found.hits.length };
      const rerankMs = performance.now() - begunAt;
      return {
        ...found,
        name: further.name,
        hits,
        trace: { ...found.trace, candidates, rerankMs },
      };
    } catch (thrown) {
      if (signal?.aborted) throw aborted(signal);
      return { ...found, skipped: [...found.skipped, skip(further.part, thrown)] };
    }
  }

  tell(found: Found, isFinal: boolean): Stage {
    const hits = found.hits.slice(0, this.#question.limit);
    const totalMs = performance.now() - this.#startedAt;
    return { ...found, hits, isFinal, trace: { ...found.trace, totalMs } };
  }

  async #search(
    source: Source,
    name: StageName,
    vector: Float32Array | undefined,
    text: string | undefined,
  ): Promise<Found> {
    const { limit, filter, signal } = this.#question;
    const { further } = this.#sources;
    const wanted = Math.max(limit, ...further.map(({ candidates }) => candidates));
    const answer = await source.search(vector, wanted, { text, filter, signal });
    const { hits, report, trace } = answer;
    return { name, hits: hits.map(hitOf), generation: report.generation, skipped: [], trace };
  }
}

function skip(part: Skipped["part"], thrown: unknown): Skipped {
  const failure = asRetrievalError(thrown);
  return { part, failure, reason: failure.message };
}
