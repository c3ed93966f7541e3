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
      timeOther: async () => (order.push("wasm"), times(1, 2)),
      timeServing: async () => (order.push("webgpu"), times(3, 4)),
      onMeasured: resolve,
    });
    expect(rehearsal).toBeDefined();
  });
  expect(order).toEqual(["busy", "quiet", "wasm", "webgpu"]);
  expect(measured).toEqual({ webgpu: times(3, 4), wasm: times(1, 2) });
});

test("a trial that fails says nothing, and one that was given up does not begin", async () => {
  const onMeasured = vi.fn();
  let failed: () => void = () => {};
  const over = new Promise<void>((resolve) => (failed = resolve));
  const options = {
    quietMs: 1,
    isBusy: () => false,
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
