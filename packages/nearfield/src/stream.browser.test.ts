import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { openSearch } from "./open-search.ts";
import type { Search } from "./search.ts";
import type { Stage } from "./stage.ts";

const DOCUMENTS = [
  { id: "refunds", text: "We pay the money back to your card within five working days." },
  { id: "shipping", text: "Parcels leave our warehouse on the day after the order." },
  { id: "code", title: "Errors", text: "ERR_TIMED_OUT means that the server did not answer." },
  { id: "tides", text: "High water comes about fifty minutes later each day." },
  { id: "zh", text: "退款通常需要五个工作日。" },
];

let search: Search;

beforeAll(async () => {
  search = await openSearch({ name: `stream ${Math.random()}`, device: "wasm" });
  await search.add(DOCUMENTS);
});
afterAll(() => search.destroy());

async function collect(stages: AsyncIterable<Stage>): Promise<Stage[]> {
  const all: Stage[] = [];
  for await (const stage of stages) all.push(stage);
  return all;
}

describe("a search by words and by meaning", () => {
  it("finds what has the words, and what has the meaning", async () => {
    const best = async (text: string, mode?: "lexical" | "dense") => {
      const { hits } = await search.query(text, { mode });
      return hits[0]?.document.id;
    };
    expect(await best("err_timed_out")).toBe("code");
    expect(await best("will I get my cash returned?")).toBe("refunds");
    expect(await best("will I get my cash returned?", "lexical")).toBeUndefined();
    expect(await best("parcel", "lexical")).toBe("shipping");
    expect(await best("refund", "dense")).toBe("refunds");
  });

  it("shows the parts of each score, best first and within its range", async () => {
    const { hits, skipped } = await search.query("money for the parcels");
    expect(skipped).toEqual([]);
    expect(hits).toHaveLength(5);
    const scores = hits.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    for (const { score, parts } of hits) {
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
      expect(Math.abs(parts.dense!)).toBeLessThanOrEqual(1);
      expect(parts.lexical).toBeGreaterThanOrEqual(0);
    }
  });

  it("gives words first, then both, and a hit keeps its id", async () => {
    const stages = await collect(search.stream("how many days for the money?"));
    expect(stages.map(({ name, isFinal }) => `${name} ${isFinal}`)).toEqual([
      "lexical false",
      "hybrid true",
    ]);
    const [words, both] = stages as [Stage, Stage];
    const known = new Map(both.hits.map(({ id, passage }) => [id, passage]));
    for (const { id, passage } of words.hits) expect(known.get(id)).toEqual(passage);
    const { hits } = await search.query("how many days for the money?");
    expect(hits).toEqual(both.hits);
  });

  it("leaves the meaning to itself where the model can not read the query", async () => {
    const { hits, skipped } = await search.query("退款需要多久");
    expect(hits.map(({ document }) => document.id)).toEqual(["zh"]);
    expect(skipped).toMatchObject([{ part: "dense" }]);
  });

  it("explains itself when asked", async () => {
    const { hits, stages } = await search.query("late parcels", { explain: true, limit: 2 });
    expect(stages?.map(({ name }) => name)).toEqual(["lexical", "hybrid"]);
    expect(stages?.at(-1)?.hits).toEqual(hits);
    const { trace } = stages!.at(-1)!;
    expect(trace.candidates).toEqual({ dense: 5, lexical: 2, fused: 5 });
    for (const ms of [
      trace.totalMs,
      trace.encodeMs,
      trace.lexicalMs,
      trace.denseMs,
      trace.readMs,
    ]) {
      expect(ms).toBeGreaterThanOrEqual(0);
    }
    expect((await search.query("late parcels")).stages).toBeUndefined();
  });
});

describe("streams", () => {
  it("are ended by a newer one, quietly, and the newer one answers", async () => {
    const older = search.stream("high water");
    const first = await older.next();
    const newer = collect(search.stream("parcels"));
    expect(first.value).toMatchObject({ name: "lexical" });
    expect(await older.next()).toEqual({ done: true, value: undefined });
    expect((await newer).at(-1)?.hits[0]?.document.id).toBe("shipping");
  });

  it("of different keys leave one another alone", async () => {
    const [one, two] = await Promise.all([
      collect(search.stream("high water", { key: "left" })),
      collect(search.stream("parcels", { key: "right" })),
    ]);
    expect([one, two].map((stages) => stages.at(-1)?.hits[0]?.document.id)).toEqual([
      "tides",
      "shipping",
    ]);
  });

  it("of two hundred keystrokes hang nothing, and the last one wins", async () => {
    const typed = "money back within five working days";
    const endings: Promise<Stage | undefined>[] = [];
    for (let key = 0; key < 200; key++) {
      const text = typed.slice(0, 2 + (key % (typed.length - 1)));
      endings.push(collect(search.stream(text)).then((stages) => stages.at(-1)));
      if (key % 10 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    const last = collect(search.stream("how late is high water"));
    const ends = await Promise.all(endings);
    expect(ends.filter((stage) => stage?.isFinal).length).toBeLessThan(200);
    expect((await last).at(-1)).toMatchObject({
      isFinal: true,
      name: "hybrid",
      hits: [{ document: { id: "tides" } }, {}, {}, {}, {}],
    });
  });

  it("are aborted by their signal, with an error", async () => {
    const stop = new AbortController();
    const stream = search.stream("high water", { signal: stop.signal });
    await stream.next();
    stop.abort();
    await expect(stream.next()).rejects.toMatchObject({ code: "ABORTED" });
    await expect(collect(search.stream("x", { signal: stop.signal }))).rejects.toMatchObject({
      code: "ABORTED",
    });
  });

  it("can be left at any stage", async () => {
    for await (const stage of search.stream("high water")) {
      expect(stage.name).toBe("lexical");
      break;
    }
    expect((await search.query("high water")).hits[0]?.document.id).toBe("tides");
  });

  it("refuse a bad question at once", () => {
    expect(() => search.stream(" ")).toThrow(/EMPTY_TEXT/);
    expect(() => search.stream("x", { limit: 0 })).toThrow(/INVALID_OPTION/);
    expect(() => search.stream("x", { rerank: true })).toThrow(/INVALID_OPTION.*without rerank/);
    expect(() => search.stream("x", { reason: {} })).toThrow(/INVALID_OPTION.*without reason/);
  });
});

describe("while the model can not be had", () => {
  it("words answer, and the last stage says what is missing", async () => {
    const lame = await openSearch({
      name: `lame ${Math.random()}`,
      device: "wasm",
      runtime: {
        wasm: { wasm: "/nowhere.wasm", mjs: "/nowhere.mjs" },
        webgpu: { wasm: "/nowhere.wasm", mjs: "/nowhere.mjs" },
      },
    });
    const stages = await collect(lame.stream("anything"));
    expect(stages.map(({ name }) => name)).toEqual(["lexical", "lexical"]);
    expect(stages[1]).toMatchObject({ isFinal: true, skipped: [{ part: "dense" }] });
    expect((await lame.query("anything", { mode: "lexical" })).hits).toEqual([]);
    await expect(lame.query("anything")).rejects.toMatchObject({ name: "RetrievalError" });
    await lame.destroy();
  });
});

test("a search that is opened cold starts no query worker before it is asked", async () => {
  const cold = await openSearch({
    name: `cold ${Math.random()}`,
    device: "wasm",
    storage: "memory",
    warm: false,
  });
  await cold.add(DOCUMENTS.slice(0, 1));
  expect(cold.status().devices.query.state).toBe("idle");
  const { hits } = await cold.query("will I get my cash returned?");
  expect(hits[0]?.document.id).toBe("refunds");
  expect(cold.status().devices.query.state).toBe("ready");
  await cold.close();
});
