import { expect, EXTENDED, test } from "../harness/fixtures.ts";

test("openEncoder gives one vector of unit length for each text, in order, whatever stands beside it", async ({
  bare,
  context,
}) => {
  // Also shows that the watch over requests, which all these tests have, sees what workers ask for.
  const asked: string[] = [];
  context.on("request", (request) => asked.push(request.url()));
  const texts = ["a cat sleeps", "ten thousand dollars were paid", "a kitten is asleep", "x"];
  const seen = await bare.evaluate(async (texts) => {
    const encoder = nearfield.openEncoder({ device: "wasm" });
    const together = await encoder.encode(texts);
    const alone = [];
    for (const text of texts) alone.push(...(await encoder.encode([text])));
    const queries = await encoder.encode(texts, { role: "query" });
    const none = await encoder.encode([]);
    const status = encoder.status();
    const plain = (vectors: Float32Array[]) => vectors.map((vector) => [...vector]);
    return {
      together: plain(together),
      alone: plain(alone),
      queries: plain(queries),
      none: none.length,
      ownBuffers: new Set(together.map(({ buffer }) => buffer)).size,
      isFloat32: together.every((vector) => vector instanceof Float32Array),
      status,
    };
  }, texts);
  expect(seen.together).toHaveLength(texts.length);
  expect(seen.isFloat32).toBe(true);
  expect(seen.none).toBe(0);
  for (const [at, vector] of seen.together.entries()) {
    expect(vector).toHaveLength(384);
    expect(dot(vector, vector)).toBeCloseTo(1, 5);
    expect(dot(vector, seen.alone[at] ?? [])).toBeGreaterThan(0.9999);
    // The pocket model has no prompts: both roles are one.
    expect(dot(vector, seen.queries[at] ?? [])).toBeGreaterThan(0.9999);
  }
  const [cat = [], money = [], kitten = []] = seen.together;
  expect(dot(cat, kitten)).toBeGreaterThan(dot(cat, money) + 0.2);
  expect(seen.status).toMatchObject({ state: "ready", device: "wasm" });
  expect(asked.filter((url) => url.includes("/pocket-"))).not.toEqual([]);
});

test(
  "openEncoder cuts vectors to a Matryoshka length and normalizes them again",
  EXTENDED,
  async ({ bare }) => {
    const [short = []] = await bare.evaluate(async () => {
      const encoder = nearfield.openEncoder({ device: "wasm", dimensions: 128 });
      return (await encoder.encode(["a cat sleeps"])).map((vector) => [...vector]);
    });
    expect(short).toHaveLength(128);
    expect(dot(short, short)).toBeCloseTo(1, 5);
  },
);

test("openEncoder refuses bad texts and options by code, and goes on working", async ({ bare }) => {
  const seen = await bare.evaluate(async () => {
    const { codeOf, openEncoder } = nearfield;
    const encoder = openEncoder({ device: "wasm" });
    const encode = (...given: unknown[]) =>
      (encoder.encode as (...given: unknown[]) => Promise<Float32Array[]>)(...given);
    const aborted = AbortSignal.abort(new Error("the caller's reason"));
    const codes = {
      string: await codeOf(() => encode("not in an array")),
      number: await codeOf(() => encode([1])),
      empty: await codeOf(() => encode(["fine", ""])),
      space: await codeOf(() => encode([" \n\t"])),
      role: await codeOf(() => encode(["fine"], { role: "judge" })),
      aborted: await codeOf(() => encode(["fine"], { signal: aborted })),
      device: await codeOf(() => openEncoder({ device: "cuda" as "wasm" })),
      dimensions: await codeOf(() => openEncoder({ dimensions: 100 })),
      unknown: await codeOf(() => openEncoder({ size: 3 } as object)),
    };
    const during = new AbortController();
    const long = encode(
      Array.from({ length: 200 }, (_, at) => `sentence ${at} `.repeat(40)),
      {
        signal: during.signal,
      },
    );
    const midway = codeOf(() => long);
    setTimeout(() => during.abort(), 100);
    const codeOfMidway = await midway;
    const [vector] = await encode(["still alive"]);
    await encoder.close();
    const closed = await codeOf(() => encode(["too late"]));
    return { codes, midway: codeOfMidway, length: vector?.length, closed };
  });
  expect(seen.codes).toEqual({
    string: "INVALID_OPTION",
    number: "INVALID_OPTION",
    empty: "EMPTY_TEXT",
    space: "EMPTY_TEXT",
    role: "INVALID_OPTION",
    aborted: "ABORTED",
    device: "INVALID_OPTION",
    dimensions: "INVALID_OPTION",
    unknown: "INVALID_OPTION",
  });
  expect(seen.midway).toBe("ABORTED");
  expect(seen.length).toBe(384);
  expect(seen.closed).toBe("CLOSED");
});

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}
