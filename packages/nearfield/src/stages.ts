// An answer in stages, each better than the last: by words at once, then by words and meaning, then by whatever is put behind.
import { asRetrievalError, RetrievalError, type Role } from "@nearfield/core";
import type { TextInput } from "@nearfield/encoder";
import type { Filter, SearchAnswer } from "@nearfield/index";
import { aborted } from "@nearfield/link";
import { hitOf, type Hit } from "./hit.ts";
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
  readonly trace: Pick<StageTrace, "encodeMs" | "reasonMs" | "thoughts">;
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
  async findByMeaning(): Promise<Found> {
    const { mode, text, signal } = this.#question;
    const words = mode === "dense" ? undefined : text;
    const { think } = this.#sources;
    // Without it the model is asked at once.
    const thoughts = think && (await think(text, signal));
    return this.#sources.ask(async (source) => {
      const { vector, skipped, trace } = await this.#understand(source, thoughts);
      const found = await this.#search(source, mode, vector, words);
      return { ...found, skipped, trace: { ...found.trace, ...trace } };
    }, signal);
  }

  async #understand(source: Source, thought: Thoughts | undefined): Promise<Meaning> {
    const { text, instruction, signal, mode } = this.#question;
    const begunAt = performance.now();
    const inputs = thought?.inputs ?? [{ input: text, role: "query" as const }];
    // What is in tokens has them of the model itself.
    const read = inputs.map(({ input }) => (typeof input === "string" ? input : text)).join("\n");
    const [vectors, unknown] = await Promise.all([
      Promise.all(
        inputs.map(({ input, role }) => source.encode(input, { instruction, signal, role })),
      ),
      mode === "hybrid" ? source.unknownShare(read, signal) : 0,
    ]);
    const known = vectors.filter((one) => one !== undefined);
    const vector = thought ? thought.combine(known) : known[0];
    if (!vector) throw new RetrievalError("INTERNAL", "the encoder gave no vector for the query");
    const trace = {
      encodeMs: performance.now() - begunAt,
      ...(thought && { reasonMs: thought.reasonMs, thoughts: thought.thoughts }),
    };
    const skipped = [...(thought?.skipped ?? unmet(source))];
    if (unknown <= MOST_UNKNOWN) return { vector, skipped, trace };
    const reason = `the model does not know ${Math.round(unknown * 100)} % of the query`;
    return { vector: undefined, skipped: [...skipped, { part: "dense", reason }], trace };
  }

  /** The same hits in a better order; where that fails, in the one that they have. */
  async improve(found: Found, further: FurtherStage): Promise<Found> {
    const { text, instruction, signal } = this.#question;
    const begunAt = performance.now();
    const best = found.hits.slice(0, further.candidates);
    if (best.length === 0) {
      const reason = "no passage was found that could be read again";
      return { ...found, skipped: [...found.skipped, { part: further.part, reason }] };
    }
    try {
      const ranked = await further.rank(text, best, { instruction, signal });
      const hits = [...ranked, ...found.hits.slice(best.length)];
      const candidates = { ...found.trace.candidates, reranked: best.length };
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

/** Without anybody to think, a model that wants a thought gets the plain query, and the answer says so. */
function unmet(source: Source): readonly Skipped[] {
  const step = source.queryStep();
  if (step === null || step === "none") return [];
  return [
    { part: "reason", reason: `the model expects a ${step} with each query, and nobody gives it` },
  ];
}

function skip(part: Skipped["part"], thrown: unknown): Skipped {
  const failure = asRetrievalError(thrown);
  return { part, failure, reason: failure.message };
}
