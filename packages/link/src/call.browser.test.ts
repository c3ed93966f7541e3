// One call: what crosses, progress, abort, deadline.
import { RetrievalError } from "@nearfield/core";
import { expect, test, vi } from "vitest";
import { failureOf, sleep, start } from "./fixtures/spawn.ts";

test("a transferred buffer is moved, not copied, both ways", async () => {
  using link = start();
  const vector = new Float32Array([1, 2, 3]);
  const back = await link.call("echo", vector, { transfer: [vector.buffer] });
  expect(vector.byteLength).toBe(0);
  expect([...back]).toEqual([1, 2, 3]);
});

test("progress arrives in order, ahead of the result", async () => {
  using link = start();
  const steps: number[] = [];
  const onProgress = ({ step }: { step: number }) => void steps.push(step);
  expect(await link.call("slow", { steps: 4 }, { onProgress })).toEqual({ done: 4 });
  expect(steps).toEqual([0, 1, 2, 3]);
});

test("an onProgress that throws surfaces as an uncaught error of the page, and the call goes on", async () => {
  using link = start();
  const surfaced = vi.spyOn(globalThis, "reportError").mockImplementation(() => {});
  const mishap = new Error("in the app");
  const onProgress = () => {
    throw mishap;
  };
  expect(await link.call("slow", { steps: 2 }, { onProgress })).toEqual({ done: 2 });
  expect(surfaced.mock.calls).toEqual([[mishap], [mishap]]);
  surfaced.mockRestore();
});

test("an abort rejects at once with ABORTED and the caller's reason, and the worker stays usable", async () => {
  using link = start();
  const controller = new AbortController();
  const reason = new DOMException("enough", "AbortError");
  const call = link.call("wait", null, {
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  const failure = await failureOf(call);
  expect(failure).toBeInstanceOf(RetrievalError);
  expect(failure).toMatchObject({ code: "ABORTED", cause: reason });
  expect(await link.call("lastReason", null)).toBe("ABORTED");
  expect(link.generation).toBe(1);
});

test("a call whose signal has aborted already starts no worker", async () => {
  using link = start();
  const failure = await failureOf(
    link.call("slow", { steps: 1 }, { signal: AbortSignal.abort("before") }),
  );
  expect(failure).toMatchObject({ code: "ABORTED", cause: "before" });
  expect(link.generation).toBe(0);
});

test("an abort after the answer does nothing", async () => {
  using link = start({ patienceMs: 20 });
  const controller = new AbortController();
  expect(await link.call("slow", { steps: 1 }, { signal: controller.signal })).toEqual({ done: 1 });
  controller.abort();
  await sleep(100);
  expect(await link.call("slow", { steps: 1 })).toEqual({ done: 1 });
  expect(link.generation).toBe(1);
});

test("a silent job rejects with TIMEOUT after its deadline, its signal aborts, the worker stays", async () => {
  using link = start();
  const failure = await failureOf(link.call("wait", null, { deadlineMs: 60 }));
  expect(failure).toBeInstanceOf(RetrievalError);
  expect(failure).toMatchObject({ code: "TIMEOUT" });
  expect(failure.message).toContain('"wait" gave no sign of life for 60 ms');
  expect(await link.call("lastReason", null)).toBe("TIMEOUT");
  expect(link.generation).toBe(1);
});

test("the supervisor's deadline holds for a call that gives none", async () => {
  using link = start({ deadlineMs: 60 });
  expect(await failureOf(link.call("wait", null))).toMatchObject({ code: "TIMEOUT" });
});

test("a job that reports, or says that it is alive, outlives its deadline", async () => {
  using link = start({ deadlineMs: 2000 });
  const [slow, breath] = await Promise.all([
    link.call("slow", { steps: 4, stepMs: 600 }),
    link.call("breathe", { steps: 4, stepMs: 600 }),
  ]);
  expect(slow).toEqual({ done: 4 });
  expect(breath).toBeNull();
});

test("a deadline that is no number of milliseconds is refused", async () => {
  using link = start();
  const failure = await failureOf(link.call("slow", { steps: 1 }, { deadlineMs: NaN }));
  expect(failure).toMatchObject({ code: "INVALID_OPTION", value: NaN });
  expect(() => start({ idleMs: -1 })).toThrow("INVALID_OPTION");
});

test("a thrown error keeps its code, message, value, repair, causes and the worker's stack", async () => {
  using link = start();
  const failure = await failureOf(link.call("fail", "typed"));
  expect(failure).toBeInstanceOf(RetrievalError);
  expect(failure).toMatchObject({
    code: "DEVICE_LOST",
    message: "DEVICE_LOST: the GPU is gone (met: Object). Open it again.",
    value: { runs: 3 },
    repair: "Open it again.",
    cause: { name: "RangeError", message: "inner" },
  });
  expect(failure.stack).toContain("worker.ts");
});

test("what is thrown and not ours arrives as INTERNAL, with the original as its cause", async () => {
  using link = start();
  const failure = await failureOf(link.call("fail", "foreign"));
  expect(failure).toBeInstanceOf(RetrievalError);
  expect(failure).toMatchObject({
    code: "INTERNAL",
    cause: { name: "QuotaExceededError", message: "no room" },
  });
});

test("a value in an error that can not be cloned is described instead", async () => {
  using link = start();
  const failure = await failureOf(link.call("fail", "uncloneable-value"));
  expect(failure).toMatchObject({ code: "INVALID_OPTION", value: "Object" });
});

test("an input, an output or a progress that can not be cloned rejects its own call alone", async () => {
  using link = start();
  const other = link.call("slow", { steps: 20 });
  const calls = [
    link.call("slow", { steps: 1, onStep() {} } as never),
    link.call("give", "output"),
    link.call("give", "progress"),
  ];
  for (const call of calls) {
    expect(await failureOf(call)).toMatchObject({ code: "NOT_CLONEABLE" });
  }
  expect(await link.call("give", "good")).toBe("good");
  expect(await other).toEqual({ done: 20 });
  expect(link.generation).toBe(1);
});

test("a method that the worker does not have rejects its own call alone", async () => {
  using link = start();
  for (const method of ["nothing", "constructor", "__proto__"]) {
    const failure = await failureOf(link.call(method as "slow", { steps: 1 }));
    expect(failure).toMatchObject({ code: "INTERNAL" });
  }
  expect(await link.call("slow", { steps: 1 })).toEqual({ done: 1 });
});

test("late, duplicate, unknown and foreign frames are ignored", async () => {
  using link = start();
  const heard: number[] = [];
  const forged = await link.call(
    "forge",
    [
      null,
      "hello",
      42,
      {},
      { kind: "toString" },
      { kind: "result", id: 1, output: "late" },
      { kind: "error", id: 999, error: null },
      { kind: "progress", id: 999, value: 7 },
      { kind: "alive", id: 999 },
      { kind: "ready", protocol: 0 },
      { kind: "progress", id: 2, value: 1 },
      { kind: "result", id: 2, output: "first" },
      { kind: "progress", id: 2, value: 2 },
      { kind: "result", id: 2, output: "second" },
    ],
    { onProgress: (value) => void heard.push(value) },
  );
  expect(forged).toBe("first"); // the preparation had id 1
  expect(heard).toEqual([1]);
  expect(await link.call("slow", { steps: 1 })).toEqual({ done: 1 });
  expect(link.generation).toBe(1);
});
