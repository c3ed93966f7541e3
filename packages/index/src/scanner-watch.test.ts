import { expect, it } from "vitest";
import { ScannerWatch } from "./scanner-watch.ts";

const DIMENSIONS = 2048;
const MANY = 4096;

it("the scanners are measured once there are many rows, and again when there are many more", async () => {
  const watch = new ScannerWatch({ dimensions: DIMENSIONS });
  watch.look(10);
  await watch.settle();
  expect(watch.choice).toBeUndefined();
  expect(watch.reason).toContain("not measured");

  watch.look(MANY);
  await watch.settle();
  const { choice } = watch;
  expect(choice).toMatchObject({ dimensions: DIMENSIONS, rows: MANY });
  expect(watch.reason).toContain(choice!.reason);
  watch.look(MANY * 2);
  await watch.settle();
  expect(watch.choice).toBe(choice);

  const next = new ScannerWatch({ dimensions: DIMENSIONS, choice });
  expect(next.reason).toBe(choice!.reason);
  next.look(MANY * 8);
  await next.settle();
  expect(next.choice?.rows).toBe(MANY * 8);
  // What serves now was chosen before.
  expect(next.reason).toBe(choice!.reason);
});

it("nothing is measured after the end", async () => {
  const watch = new ScannerWatch({ dimensions: DIMENSIONS });
  watch.close();
  watch.look(MANY);
  await watch.settle();
  expect(watch.choice).toBeUndefined();
});
