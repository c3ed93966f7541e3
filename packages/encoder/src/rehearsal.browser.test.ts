import { expect, test, vi } from "vitest";
import { Rehearsal } from "./rehearsal.ts";
import type { Measured } from "./trial.ts";

const times = (queryMs: number, documentMs: number) => ({ queryMs, documentMs });

test("a trial waits while somebody asks, and then times the other device before the one that serves", async () => {
  const order: string[] = [];
  let isBusy = true;
  const measured = await new Promise<Measured>((resolve) => {
    const rehearsal = new Rehearsal({
      quietMs: 1,
      isBusy: () => {
        order.push(isBusy ? "busy" : "quiet");
        const was = isBusy;
        isBusy = false;
        return was;
      },
      recall: async () => null,
      timeOther: async () => (order.push("wasm"), times(1, 2)),
      timeServing: async () => (order.push("webgpu"), times(3, 4)),
      onMeasured: resolve,
    });
    expect(rehearsal).toBeDefined();
  });
  expect(order).toEqual(["busy", "quiet", "quiet", "wasm", "webgpu"]);
  expect(measured).toEqual({ webgpu: times(3, 4), wasm: times(1, 2) });
});

test("a trial that fails says nothing, and one that was given up does not begin", async () => {
  const onMeasured = vi.fn();
  let failed: () => void = () => {};
  const over = new Promise<void>((resolve) => (failed = resolve));
  const options = {
    quietMs: 1,
    isBusy: () => false,
    recall: async () => null,
    timeServing: async () => times(1, 1),
    onMeasured,
  };
  const failing = new Rehearsal({
    ...options,
    timeOther: async () => {
      failed();
      throw new Error("no memory");
    },
  });
  await over;
  failing[Symbol.dispose]();
  const timeOther = vi.fn(async () => times(1, 1));
  new Rehearsal({ ...options, timeOther })[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(onMeasured).not.toHaveBeenCalled();
  expect(timeOther).not.toHaveBeenCalled();
});

test("encoders that want the same times wait for one another, and the second takes what the first has measured", async () => {
  let remembered: Measured | null = null;
  const timeOther = vi.fn(async () => times(1, 2));
  const begin = () =>
    new Promise<Measured>((resolve) => {
      const rehearsal = new Rehearsal({
        quietMs: 1,
        isBusy: () => false,
        recall: async () => remembered,
        timeOther,
        timeServing: async () => times(3, 4),
        onMeasured: (measured) => {
          remembered = measured;
          resolve(measured);
        },
      });
      expect(rehearsal).toBeDefined();
    });
  const [first, second] = await Promise.all([begin(), begin()]);
  expect(second).toEqual(first);
  expect(timeOther).toHaveBeenCalledOnce();
});
