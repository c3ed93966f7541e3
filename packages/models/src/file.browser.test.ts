// Real requests, a host that misbehaves, and the browser's own Cache Storage.
import { sha256, type ModelFile, type RetrievalError } from "@nearfield/core";
import { openStand, seededBytes, seededRandom, type Fault, type Stand } from "@nearfield/testing";
import { beforeEach, describe, expect, inject, test } from "vitest";
import { fetchVerified } from "./file.ts";
import { CACHE_NAME, openShelf } from "./store/cache-storage.ts";

const BYTES = 1_000_000;
const PART = 64 * 1024;
/** Tries at once: what is waited for between two of them is tested in retry.test.ts. */
const EAGER = { retry: { tries: 3, firstMs: 1 }, partBytes: PART };
const ONCE = { retry: { tries: 1, firstMs: 1 }, partBytes: PART };

let stand: Stand;
let file: ModelFile;
let seed = 1;

beforeEach(async () => {
  await caches.delete(CACHE_NAME);
  stand = await openStand();
  file = await stand.put("model.onnx", ++seed, BYTES);
});

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (thrown: RetrievalError) => thrown,
  );

const ranges = async () => (await stand.requests()).map(({ range }) => range);

async function expectRight(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  expect(bytes.length).toBe(BYTES);
  expect(await sha256(bytes)).toBe(file.sha256);
}

describe("a break", () => {
  test("at ten random bytes of one download: the rest is asked for each time, and the bytes are right", async () => {
    const random = seededRandom(7).uniform;
    const faults = Array.from({ length: 10 }, (): Fault => {
      return { kind: "cut", after: 1 + Math.floor(random() * 90_000) };
    });
    await stand.order({ faults });
    const { bytes, from } = await fetchVerified(file, EAGER);
    expect(from).toBe("network");
    await expectRight(bytes);
    const asked = await ranges();
    expect(asked).toHaveLength(11);
    expect(asked[0]).toBeNull();
    const starts = asked.slice(1).map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1]));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(starts.every((start) => start > 0 && start < BYTES)).toBe(true);
  });

  test("that ends a call leaves what has arrived: the next call asks for the rest", async () => {
    const random = seededRandom(11).uniform;
    let resumed = 0;
    for (let round = 0; round < 10; round++) {
      file = await stand.put(`model-${round}.onnx`, 100 + round, BYTES);
      const after = PART + Math.floor(random() * (BYTES - PART));
      await stand.order({ faults: [{ kind: "cut", after }] });
      const failure = await failureOf(fetchVerified(file, ONCE));
      expect(failure?.code).toBe("MODEL_UNAVAILABLE");
      const before = (await stand.requests()).length;
      await expectRight((await fetchVerified(file, ONCE)).bytes);
      const [range, ...more] = (await ranges()).slice(before);
      expect(more).toEqual([]);
      expect((await fetchVerified(file, ONCE)).from).toBe("cache");
      // On a busy machine the break can overtake bytes that nobody has read yet: then there was nothing to keep.
      if (!range) continue;
      resumed++;
      const start = Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
      expect(start % PART).toBe(0);
      expect(start).toBeGreaterThan(0);
      expect(start).toBeLessThanOrEqual(after);
    }
    expect(resumed).toBeGreaterThan(0);
  });

  test("with a host that knows no ranges: all of it again, and the bytes are right", async () => {
    await stand.order({ faults: [{ kind: "cut", after: 300_000 }], always: { kind: "rangeless" } });
    await expectRight((await fetchVerified(file, EAGER)).bytes);
    expect(await stand.requests()).toHaveLength(2);
  });

  test("after which the kept part turns out to be bad: one clean download, and the bytes are right", async () => {
    const shelf = await openShelf();
    await shelf.writePart(file.sha256, 0, seededBytes(999, PART));
    await expectRight((await fetchVerified(file, ONCE)).bytes);
    expect(await ranges()).toEqual([`bytes=${PART}-`, null]);
  });

  test("after which the host's file is shorter than what is kept: from the start", async () => {
    const shelf = await openShelf();
    await shelf.writePart(file.sha256, 0, seededBytes(seed, BYTES).slice(0, 900_000));
    await stand.order({ faults: [{ kind: "status", status: 416 }] });
    await expectRight((await fetchVerified(file, EAGER)).bytes);
  });
});

test("an abort at ten random moments is ABORTED, and the next call is right", async () => {
  const random = seededRandom(3).uniform;
  for (let round = 0; round < 10; round++) {
    file = await stand.put(`model-${round}.onnx`, 200 + round, BYTES);
    const leaving = new AbortController();
    const at = random() * BYTES;
    const pending = fetchVerified(file, {
      ...EAGER,
      signal: leaving.signal,
      onProgress: (loaded) => {
        if (loaded >= at) leaving.abort();
      },
    });
    expect((await failureOf(pending))?.code).toBe("ABORTED");
    await expectRight((await fetchVerified(file, EAGER)).bytes);
    expect((await fetchVerified(file, EAGER)).from).toBe("cache");
  }
});

test("one flipped byte in each stored part in turn: found, fetched again, never given out", async () => {
  await fetchVerified(file, EAGER);
  const cache = await caches.open(CACHE_NAME);
  const parts = (await cache.keys()).filter(({ url }) => /\/\d+-\d+$/.test(url));
  expect(parts).toHaveLength(Math.ceil(BYTES / PART));
  for (const part of [parts[0], parts[7], parts.at(-1)] as const) {
    const bytes = new Uint8Array(
      await ((await cache.match(part as Request)) as Response).arrayBuffer(),
    );
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    await cache.put(part as Request, new Response(bytes));
    const healed = await fetchVerified(file, EAGER);
    expect(healed.from).toBe("network");
    await expectRight(healed.bytes);
    expect((await fetchVerified(file, EAGER)).from).toBe("cache");
  }
});

test("a part that is gone is fetched again", async () => {
  await fetchVerified(file, EAGER);
  const cache = await caches.open(CACHE_NAME);
  const parts = (await cache.keys()).filter(({ url }) => /\/\d+-\d+$/.test(url));
  await cache.delete(parts[3] as Request);
  await expectRight((await fetchVerified(file, EAGER)).bytes);
  expect((await fetchVerified(file, EAGER)).from).toBe("cache");
});

describe("told apart, and nothing of it is kept:", () => {
  const cases: readonly [string, Fault, string, RegExp][] = [
    ["a web page with status 200", { kind: "html" }, "MODEL_INTEGRITY", /web page/],
    ["a short body", { kind: "short", after: 500_000 }, "MODEL_INTEGRITY", /has not 1000000 bytes/],
    ["wrong bytes of the right length", { kind: "wrong" }, "MODEL_INTEGRITY", /not the file of/],
    ["404", { kind: "status", status: 404 }, "MODEL_UNAVAILABLE", /answered 404/],
    ["401", { kind: "status", status: 401 }, "MODEL_UNAVAILABLE", /answered 401.*gated/],
    ["403", { kind: "status", status: 403 }, "MODEL_UNAVAILABLE", /answered 403.*gated/],
    ["500", { kind: "status", status: 500 }, "MODEL_UNAVAILABLE", /answered 500/],
    ["a stalled body", { kind: "stall", after: 30_000 }, "MODEL_UNAVAILABLE", /fell silent/],
  ];
  test.for(cases)("%s", async ([, fault, code, message]) => {
    await stand.order({ always: fault });
    const failure = await failureOf(fetchVerified(file, { ...ONCE, stallMs: 400 }));
    expect(failure?.code).toBe(code);
    expect(failure?.message).toMatch(message);
    expect(await (await openShelf()).list()).toEqual([]);
    // No failure poisons a later call.
    await stand.order({ always: { kind: "none" } });
    await expectRight((await fetchVerified(file, ONCE)).bytes);
  });

  test("nobody there", async () => {
    const nobody = { ...file, url: "http://127.0.0.1:1/model.onnx" };
    const failure = await failureOf(fetchVerified(nobody, EAGER));
    expect(failure?.code).toBe("MODEL_UNAVAILABLE_OFFLINE");
  });
});

describe("a busy host", () => {
  test("is asked again after the time that it names", async () => {
    await stand.order({ faults: [{ kind: "status", status: 429, retryAfter: 1 }] });
    const stages = new Set<string>();
    const since = performance.now();
    const options = {
      retry: { tries: 2, firstMs: 60_000 },
      onProgress: (_: number, stage: string) => void stages.add(stage),
    };
    await expectRight((await fetchVerified(file, options)).bytes);
    expect(performance.now() - since).toBeGreaterThanOrEqual(990);
    expect(stages).toContain("wait");
  });

  test("that names a longer time than anybody waits is told of at once", async () => {
    await stand.order({ always: { kind: "status", status: 503, retryAfter: 3600 } });
    const failure = await failureOf(fetchVerified(file, EAGER));
    expect(failure?.message).toMatch(/answered 503/);
    expect(await stand.requests()).toHaveLength(1);
  });

  test("500 and a stall are tried again", async () => {
    await stand.order({
      faults: [
        { kind: "status", status: 500 },
        { kind: "stall", after: 200_000 },
      ],
    });
    await expectRight((await fetchVerified(file, { ...EAGER, stallMs: 400 })).bytes);
    expect(await stand.requests()).toHaveLength(3);
  });
});

describe("a redirect to another origin", () => {
  const elsewhere = () => file.url.replace("127.0.0.1", "localhost");

  test("is refused, with that origin as the value", async () => {
    await stand.order({ faults: [{ kind: "redirect", to: elsewhere() }] });
    const failure = await failureOf(fetchVerified(file, EAGER));
    expect(failure?.code).toBe("MODEL_UNAVAILABLE");
    expect(failure?.message).toMatch(/redirects to another origin/);
    expect(failure?.value).toBe(new URL(elsewhere()).origin);
  });

  test("is followed where its host is allowed", async () => {
    await stand.order({ faults: [{ kind: "redirect", to: elsewhere() }] });
    const redirects = [new URL(elsewhere()).host];
    await expectRight((await fetchVerified(file, { ...EAGER, redirects })).bytes);
  });

  test("that lets no page in is told from a network that is down", async () => {
    await stand.order({ always: { kind: "redirect", to: "http://127.0.0.1:1/model.onnx" } });
    const failure = await failureOf(fetchVerified(file, EAGER));
    expect(failure?.code).toBe("MODEL_UNAVAILABLE");
    expect(failure?.message).toMatch(/redirects where this page may not go/);
  });

  test("within the same origin is no matter", async () => {
    await stand.order({ faults: [{ kind: "redirect", to: file.url }] });
    await expectRight((await fetchVerified(file, EAGER)).bytes);
  });
});

test("four workers and the page at once make one download, and each gets the bytes", async () => {
  await stand.order({ always: { kind: "slow", everyMs: 5 } });
  const workers = Array.from({ length: 4 }, () => {
    return new Worker(new URL("./fixtures/fetch-worker.ts", import.meta.url), { type: "module" });
  });
  try {
    const answers = workers.map((worker) => {
      const { promise, resolve } = Promise.withResolvers<{ from: string; byteLength: number }>();
      worker.addEventListener("message", ({ data }) => resolve(data));
      worker.postMessage({ file, partBytes: PART });
      return promise;
    });
    const mine = await fetchVerified(file, EAGER);
    await expectRight(mine.bytes);
    const all = [
      { from: mine.from, byteLength: mine.bytes.length },
      ...(await Promise.all(answers)),
    ];
    expect(all.map(({ byteLength }) => byteLength)).toEqual(all.map(() => BYTES));
    expect(all.filter(({ from }) => from === "network")).toHaveLength(1);
    expect(await stand.requests()).toHaveLength(1);
  } finally {
    for (const worker of workers) worker.terminate();
  }
});

test("who waits for another's download hears how far it is", async () => {
  await stand.order({ always: { kind: "slow", everyMs: 30 } });
  const heard: number[] = [];
  const first = fetchVerified(file, EAGER);
  const second = fetchVerified(file, {
    ...EAGER,
    onProgress: (loaded, stage) => {
      if (stage === "wait") heard.push(loaded);
    },
  });
  await Promise.all([first, second]);
  expect(heard.length).toBeGreaterThan(0);
  expect(await stand.requests()).toHaveLength(1);
});

test("a stored file needs no host", async () => {
  await fetchVerified(file, EAGER);
  const gone = { ...file, url: `${inject("modelHost")}/gone/model.onnx` };
  const { from, bytes } = await fetchVerified(gone, EAGER);
  expect(from).toBe("cache");
  await expectRight(bytes);
});
