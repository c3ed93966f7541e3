// An answer in stages, each better than the last: by words at once, then by words and meaning, then by whatever is put behind.
import { asRetrievalError, RetrievalError } from "@nearfield/core";
import { aborted } from "@nearfield/link";
import { hitOf } from "./hit.ts";
import type {
  FurtherStage,
  Question,
  Skipped,
  Source,
  Sources,
  Stage,
  StageName,
  StageTrace,
  Thoughts,
} from "./stage.ts";

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
