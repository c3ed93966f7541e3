// Lives, one after another: start, preparation, death, restart, idleness, disposal.
import { RetrievalError } from "@nearfield/core";
import { expect, test } from "vitest";
import type { Death } from "./fixtures/calls.ts";
import {
  failureOf,
  sleep,
  spawn,
  spawnMissing,
  spawnOld,
  spawnSilent,
  spawnThrowing,
  start,
} from "./fixtures/spawn.ts";
import type { LifeEvent } from "./supervisor.ts";

test.each(["uncaught", "rejection", "self-close"] satisfies Death[])(
  "after a worker's death (%s) all that was pending rejects, and the next call gets a new worker",
  async (how) => {
    using link = start();
    const other = failureOf(link.call("slow", { steps: 100_000 }));
    expect(await failureOf(link.call("break", how))).toMatchObject({ code: "WORKER_LOST" });
    expect(await other).toMatchObject({ code: "WORKER_LOST" });
    expect(await link.call("slow", { steps: 1 })).toEqual({ done: 1 });
    expect(link.generation).toBe(2);
  },
);

test.each([
  ["uncaught", "uncaught in the worker"],
  ["rejection", "nobody handles this"],
] as const)("the loss by an %s error tells what was thrown", async (how, message) => {
  using link = start();
  const failure = await failureOf(link.call("break", how));
  expect(failure.message).toContain(message);
});

test("a message that can not be read ends that life, and the next call gets a new worker", async () => {
  const workers: Worker[] = [];
  using link = start({
    spawn: () => {
      const worker = spawn();
      workers.push(worker);
      return worker;
    },
  });
  const onProgress = () => workers[0]?.dispatchEvent(new MessageEvent("messageerror"));
  const call = link.call("slow", { steps: 100_000 }, { onProgress });
  expect(await failureOf(call)).toMatchObject({ code: "WORKER_LOST" });
  expect(await link.call("slow", { steps: 1 })).toEqual({ done: 1 });
  expect(link.generation).toBe(2);
});

test("an aborted job that never yields costs the worker its life, after `patienceMs`", async () => {
  using link = start({ patienceMs: 100, maxCrashes: 0 });
  const controller = new AbortController();
  const onProgress = () => controller.abort();
  const call = link.call("spin", { ms: 60_000 }, { signal: controller.signal, onProgress });
  expect(await failureOf(call)).toMatchObject({ code: "ABORTED" });
  const failure = await failureOf(link.call("slow", { steps: 1 }));
  expect(failure).toMatchObject({ code: "WORKER_LOST", cause: { code: "ABORTED" } });
  expect(failure.message).toContain("did not yield");
  // It was the caller's doing, and so no crash: `maxCrashes` is 0.
  expect(await link.call("slow", { steps: 1 })).toEqual({ done: 1 });
  expect(link.generation).toBe(2);
});

test("a worker that is parked loses its life by the deadline, and the next call gets a new one", async () => {
  using link = start({ deadlineMs: 300, patienceMs: 50 });
  expect(await failureOf(link.call("spin", { ms: 60_000 }))).toMatchObject({ code: "TIMEOUT" });
  const failure = await failureOf(link.call("slow", { steps: 1 }));
  expect(failure).toMatchObject({ code: "WORKER_LOST", cause: { code: "TIMEOUT" } });
  expect(await link.call("echo", new Float32Array(1), { deadlineMs: 30_000 })).toHaveLength(1);
  expect(link.generation).toBe(2);
});

test.each([
  ["has no script", spawnMissing],
  ["throws before it serves", spawnThrowing],
  ["speaks another protocol", spawnOld],
  ["never gets ready", spawnSilent],
  ["is promised and not given", (() => Promise.resolve()) as unknown as () => Worker],
  [
    "is refused by the browser",
    () => {
      throw new DOMException("refused by a policy", "SecurityError");
    },
  ],
])(
  "a worker that %s is WORKER_UNAVAILABLE, and refused after maxCrashes",
  async (_, spawnBad: () => Worker) => {
    using link = start({ spawn: spawnBad, maxCrashes: 1, startMs: 2_000 });
    for (const _life of [1, 2]) {
      const failure = await failureOf(link.call("slow", { steps: 1 }));
      expect(failure).toBeInstanceOf(RetrievalError);
      expect(failure).toMatchObject({
        code: "WORKER_UNAVAILABLE",
        repair: expect.stringMatching(/^(Check|Reload)/) as string,
      });
    }
    const refusal = await failureOf(link.call("slow", { steps: 1 }));
    expect(refusal).toMatchObject({
      code: "WORKER_UNAVAILABLE",
      cause: { code: "WORKER_UNAVAILABLE" },
    });
    expect(refusal.message).toContain("2 times in a row");
    expect(link.generation).toBe(2);
  },
);

test("a call that succeeded starts the count of crashes anew", async () => {
  using link = start({ maxCrashes: 1 });
  for (const _crash of [1, 2, 3]) {
    expect(await failureOf(link.call("break", "uncaught"))).toMatchObject({ code: "WORKER_LOST" });
    expect(await link.call("slow", { steps: 1 })).toEqual({ done: 1 });
  }
  expect(link.generation).toBe(4);
});

test("after a rest, a worker that was refused for its crashes is tried again", async () => {
  let isBroken = true;
  using link = start({
    spawn: () => (isBroken ? spawnMissing() : spawn()),
    maxCrashes: 0,
    restMs: 200,
  });
  expect(await failureOf(link.call("slow", { steps: 1 }))).toMatchObject({
    code: "WORKER_UNAVAILABLE",
  });
  isBroken = false;
  await sleep(250);
  expect(await link.call("slow", { steps: 1 })).toEqual({ done: 1 });
  expect(link.generation).toBe(2);
});

test("an abort while the worker is still being prepared rejects at once", async () => {
  using link = start({ prepare: () => new Promise(() => {}) });
  const call = link.call("slow", { steps: 1 }, { signal: AbortSignal.timeout(50) });
  expect(await failureOf(call)).toMatchObject({
    code: "ABORTED",
    cause: { name: "TimeoutError" },
  });
});

test("a preparation that failed gives its own code to all that wait, and the next call a fresh worker", async () => {
  let attempts = 0;
  const broken = new RetrievalError("MODEL_INTEGRITY", "the bytes are not those of the card");
  using link = start({
    maxCrashes: 0,
    prepare: async () => {
      if (++attempts === 1) throw broken;
    },
  });
  const failures = await Promise.all(
    [1, 2, 3].map((steps) => failureOf(link.call("slow", { steps }))),
  );
  expect(failures).toEqual([broken, broken, broken]);
  expect(await link.call("slow", { steps: 1 })).toEqual({ done: 1 });
  expect(link.generation).toBe(2);
});

test("a preparation that fails in the worker arrives with the worker's code", async () => {
  using link = start({ prepare: (connection) => connection.call("fail", "typed") });
  expect(await failureOf(link.call("slow", { steps: 1 }))).toMatchObject({ code: "DEVICE_LOST" });
});

test("a preparation that throws something of another kind is INTERNAL, with the cause", async () => {
  using link = start({
    prepare: () => {
      throw new TypeError("a mistake");
    },
  });
  expect(await failureOf(link.call("slow", { steps: 1 }))).toMatchObject({
    code: "INTERNAL",
    cause: { name: "TypeError" },
  });
});

test("a preparation that is silent for `prepareMs` is given up, whatever it does", async () => {
  let signal: AbortSignal | undefined;
  using link = start({
    prepareMs: 60,
    prepare: (_, preparation) => {
      ({ signal } = preparation);
      return new Promise(() => {});
    },
  });
  expect(await failureOf(link.call("slow", { steps: 1 }))).toMatchObject({ code: "TIMEOUT" });
  expect(signal?.reason).toMatchObject({ code: "TIMEOUT" });
});

test("a preparation lives on while the worker, or it itself, gives signs of life", async () => {
  using link = start({
    prepareMs: 2000,
    prepare: async (connection, { alive }) => {
      await connection.call("slow", { steps: 4, stepMs: 600 });
      for (let step = 0; step < 4; step++) {
        await sleep(600);
        alive();
      }
    },
  });
  expect(await link.call("slow", { steps: 1 })).toEqual({ done: 1 });
  expect(link.generation).toBe(1);
});

test("the deadline of a call does not count the preparation, nor hold for its calls", async () => {
  using link = start({
    deadlineMs: 100,
    prepare: (connection) => connection.call("slow", { steps: 1, stepMs: 400 }),
  });
  expect(await failureOf(link.call("wait", null))).toMatchObject({ code: "TIMEOUT" });
  expect(await link.call("lastReason", null, { deadlineMs: 30_000 })).toBe("TIMEOUT");
  expect(link.generation).toBe(1);
});

test("a worker that dies while it is prepared rejects its callers, though the preparation hangs", async () => {
  using link = start({
    prepare: (connection) => {
      void failureOf(connection.call("break", "self-close"));
      return new Promise(() => {});
    },
  });
  expect(await failureOf(link.call("slow", { steps: 1 }))).toMatchObject({ code: "WORKER_LOST" });
});

test("a worker without work is ended after `idleMs`, and the next call gets the next one", async () => {
  const events: LifeEvent[] = [];
  const idle = Promise.withResolvers<void>();
  using link = start({
    idleMs: 100,
    onLife: (event) => {
      events.push(event);
      if (event.state === "idle") idle.resolve();
    },
  });
  // Longer than `idleMs`: a worker at work is not idle.
  expect(await link.call("slow", { steps: 2, stepMs: 150 })).toEqual({ done: 2 });
  await idle.promise;
  expect(link.life).toEqual({ state: "idle", generation: 1 });
  expect(await link.call("slow", { steps: 1 })).toEqual({ done: 1 });
  expect(events).toEqual([
    { state: "starting", generation: 1 },
    { state: "ready", generation: 1 },
    { state: "idle", generation: 1 },
    { state: "starting", generation: 2 },
    { state: "ready", generation: 2 },
  ]);
});

test("a worker whose callers all gave up while it was prepared is idle too", async () => {
  const idle = Promise.withResolvers<void>();
  using link = start({
    idleMs: 50,
    prepare: () => sleep(200),
    onLife: ({ state }) => state === "idle" && idle.resolve(),
  });
  const call = link.call("slow", { steps: 1 }, { signal: AbortSignal.timeout(20) });
  expect(await failureOf(call)).toMatchObject({ code: "ABORTED" });
  await idle.promise;
  expect(link.generation).toBe(1);
});

test("onLife tells a loss with its error, and the end", async () => {
  const events: LifeEvent[] = [];
  const link = start({ onLife: (event) => void events.push(event) });
  const failure = await failureOf(link.call("break", "uncaught"));
  link[Symbol.dispose]();
  expect(events).toEqual([
    { state: "starting", generation: 1 },
    { state: "ready", generation: 1 },
    { state: "lost", generation: 1, error: failure },
    { state: "closed", generation: 1 },
  ]);
});

test("after its disposal it refuses, and what was pending rejects", async () => {
  const link = start();
  const running = link.call("wait", null, { onProgress: () => link[Symbol.dispose]() });
  expect(await failureOf(running)).toMatchObject({ code: "CLOSED" });
  link[Symbol.dispose]();
  expect(await failureOf(link.call("prepare", null))).toMatchObject({ code: "CLOSED" });
  expect(link.life).toEqual({ state: "closed", generation: 1 });
});

test("a disposal during the preparation aborts it and rejects who waits", async () => {
  const began = Promise.withResolvers<AbortSignal>();
  const link = start({
    prepare: (_, { signal }) => {
      began.resolve(signal);
      return new Promise(() => {});
    },
  });
  const call = failureOf(link.call("prepare", null));
  const signal = await began.promise;
  link[Symbol.dispose]();
  expect(signal.reason).toMatchObject({ code: "CLOSED" });
  expect(await call).toMatchObject({ code: "CLOSED" });
});

test.each(["at once", "when they are at work"])(
  "of 1000 queued calls all settle when it is disposed %s",
  async (when) => {
    const link = start();
    if (when !== "at once") await link.call("prepare", null);
    const calls = Array.from({ length: 1000 }, () => failureOf(link.call("wait", null)));
    if (when !== "at once") await sleep(50);
    link[Symbol.dispose]();
    const failures = await Promise.all(calls);
    for (const failure of failures) expect(failure).toMatchObject({ code: "CLOSED" });
  },
);
