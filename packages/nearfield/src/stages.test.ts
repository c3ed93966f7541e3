import { RetrievalError } from "@nearfield/core";
import type { SearchAnswer } from "@nearfield/index";
import { describe, expect, it } from "vitest";
import type { FurtherStage, Question, Source, Sources } from "./stage.ts";
import { finalStage, stagesOf } from "./stages.ts";

const VECTOR = Float32Array.of(1);
const QUESTION: Question = {
  text: "tides",
  limit: 2,
  filter: undefined,
  mode: "hybrid",
  instruction: undefined,
  signal: undefined,
};

/** An answer with documents of these names, best first. */
function answerOf(...ids: readonly string[]): SearchAnswer {
  const passages = [{ start: 0, end: 1 }];
  return {
    hits: ids.map((id, at) => {
      const payload = { id, text: id, passages };
      return { id, ordinal: 0, score: 1 / (at + 1), parts: { lexical: 1 }, payload };
    }),
    report: { generation: 7 } as SearchAnswer["report"],
    trace: { candidates: { lexical: ids.length }, readMs: 1 },
  };
}

/** Sources that note what they are asked, in order. */
function sourcesOf({ further = [], ...changes }: Partial<Source> & Partial<Sources> = {}): {
  sources: Sources;
  asked: string[];
} {
  const asked: string[] = [];
  const source: Source = {
    encode: async () => {
      asked.push("encode");
      await new Promise((resolve) => setTimeout(resolve, 5));
      return VECTOR;
    },
    unknownShare: async () => 0,
    queryStep: () => null,
    search: async (vector, limit, { text }) => {
      asked.push(`${vector ? "vector" : ""}${text ? " words" : ""} ${limit}`.trim());
      return vector ? answerOf("b", "a", "c") : answerOf("a", "b", "c");
    },
    ...changes,
  };
  return { sources: { ask: (work) => work(source), further }, asked };
}

async function collect(sources: Sources, question: Question = QUESTION) {
  const stages = [];
  for await (const stage of stagesOf(sources, question)) stages.push(stage);
  return stages;
}

const idsOf = ({ hits }: { readonly hits: readonly { readonly id: string }[] }) =>
  hits.map(({ id }) => id).join(", ");

const reverse: FurtherStage = {
  name: "reranked",
  part: "rerank",
  candidates: 3,
  rank: async (_, hits) => hits.toReversed(),
};

describe("stages", () => {
  it("are the words, then words and meaning, with the model asked before the words have answered", async () => {
    const { sources, asked } = sourcesOf();
    const stages = await collect(sources);
    expect(asked).toEqual(["encode", "words 2", "vector words 2"]);
    expect(stages.map(({ name, isFinal }) => `${name} ${isFinal}`)).toEqual([
      "lexical false",
      "hybrid true",
    ]);
    expect(stages.map(idsOf)).toEqual(["a 0, b 0", "b 0, a 0"]);
    expect(stages[1]).toMatchObject({ generation: 7, skipped: [] });
    expect(stages[1]!.trace.encodeMs).toBeGreaterThan(0);
  });

  it("are one where one way is asked for, and ask nothing that it does not need", async () => {
    const lexical = sourcesOf();
    expect(
      (await collect(lexical.sources, { ...QUESTION, mode: "lexical" })).map(
        ({ name, isFinal }) => `${name} ${isFinal}`,
      ),
    ).toEqual(["lexical true"]);
    expect(lexical.asked).toEqual(["words 2"]);
    const dense = sourcesOf();
    expect(
      (await collect(dense.sources, { ...QUESTION, mode: "dense" })).map(({ name }) => name),
    ).toEqual(["dense"]);
    expect(dense.asked).toEqual(["encode", "vector 2"]);
  });

  it("end with the words where the model fails, and say why", async () => {
    const failure = new RetrievalError("MODEL_UNAVAILABLE", "no such file");
    const { sources } = sourcesOf({ encode: () => Promise.reject(failure) });
    const stages = await collect(sources);
    expect(stages.map(idsOf)).toEqual(["a 0, b 0", "a 0, b 0"]);
    expect(stages[1]).toMatchObject({
      name: "lexical",
      isFinal: true,
      skipped: [{ part: "dense", failure: { code: "MODEL_UNAVAILABLE" } }],
    });
    await expect(collect(sources, { ...QUESTION, mode: "dense" })).rejects.toBe(failure);
    await expect(finalStage(sources, QUESTION)).rejects.toBe(failure);
  });

  it("leave the meaning out of a query that the model can not read, and say so", async () => {
    const { sources, asked } = sourcesOf({ unknownShare: async () => 0.8 });
    const last = (await collect(sources)).at(-1)!;
    expect(asked.at(-1)).toBe("words 2");
    expect(last.skipped).toEqual([
      { part: "dense", reason: "the model does not know 80 % of the query" },
    ]);
    // Who asks for the meaning alone gets it, such as it is.
    expect((await finalStage(sources, { ...QUESTION, mode: "dense" })).skipped).toEqual([]);
  });

  it("go on behind words and meaning, with as many candidates as are wanted there", async () => {
    const { sources, asked } = sourcesOf({ further: [reverse] });
    const stages = await collect(sources);
    expect(asked).toContain("vector words 3");
    expect(stages.map(({ name, isFinal }) => `${name} ${isFinal}`)).toEqual([
      "lexical false",
      "hybrid false",
      "reranked true",
    ]);
    expect(stages.map(idsOf)).toEqual(["a 0, b 0", "b 0, a 0", "c 0, a 0"]);
    expect(stages[2]!.trace.candidates.reranked).toBe(3);
  });

  it("show a further stage no more than it wants, and leave the others behind", async () => {
    const { sources } = sourcesOf({ further: [{ ...reverse, candidates: 2 }] });
    const last = (await collect(sources, { ...QUESTION, limit: 3 })).at(-1)!;
    expect(idsOf(last)).toBe("a 0, b 0, c 0");
    expect(last.trace.candidates.reranked).toBe(2);
  });

  it("ask no further stage where nothing was found, and say so", async () => {
    const rank = () => Promise.reject(new Error("asked"));
    const search = async () => answerOf();
    const { sources } = sourcesOf({ search, further: [{ ...reverse, rank }] });
    expect(await finalStage(sources, QUESTION)).toMatchObject({
      name: "hybrid",
      hits: [],
      skipped: [{ part: "rerank", reason: "no passage was found that could be read again" }],
    });
  });

  it("keep the order where a further stage fails, and say why", async () => {
    const rank = () => Promise.reject(new Error("out of tokens"));
    const { sources } = sourcesOf({ further: [{ ...reverse, rank }, reverse] });
    const stages = await collect(sources);
    expect(stages.map(idsOf).slice(1)).toEqual(["b 0, a 0", "b 0, a 0", "c 0, a 0"]);
    expect(stages[2]).toMatchObject({
      name: "hybrid",
      skipped: [{ part: "rerank", failure: { code: "INTERNAL" } }],
    });
    expect(stages[2]!.skipped[0]!.reason).toContain("out of tokens");
    expect(stages[3]).toMatchObject({ name: "reranked", isFinal: true });
  });

  it("give up where the caller does, in whichever stage", async () => {
    const stop = new AbortController();
    const question = { ...QUESTION, signal: stop.signal };
    const aborted = new RetrievalError("ABORTED", "gone");
    const { sources } = sourcesOf({
      encode: async () => {
        stop.abort();
        throw aborted;
      },
    });
    await expect(collect(sources, question)).rejects.toMatchObject({ code: "ABORTED" });
    const ranking = sourcesOf({ further: [{ ...reverse, rank: () => Promise.reject(aborted) }] });
    await expect(collect(ranking.sources, question)).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("end in what the answer without stages is", async () => {
    for (const mode of ["hybrid", "dense", "lexical"] as const) {
      const { sources } = sourcesOf({ further: [reverse] });
      const question = { ...QUESTION, mode };
      const [last, whole] = [
        (await collect(sources, question)).at(-1)!,
        await finalStage(sources, question),
      ];
      expect({ ...whole, trace: null }).toEqual({ ...last, trace: null });
    }
  });
});
