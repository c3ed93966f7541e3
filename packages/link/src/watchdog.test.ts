import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Watchdog } from "./watchdog.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("it barks once, when the limit has passed without a sign of life", () => {
  const bark = vi.fn();
  const watchdog = new Watchdog(100, bark);
  vi.advanceTimersByTime(99);
  watchdog.alive();
  vi.advanceTimersByTime(99);
  expect(bark).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  watchdog.alive();
  vi.advanceTimersByTime(1000);
  expect(bark).toHaveBeenCalledTimes(1);
});

test("after `stop` it is still, also after a late sign of life", () => {
  const bark = vi.fn();
  const watchdog = new Watchdog(100, bark);
  watchdog.stop();
  watchdog.alive();
  vi.advanceTimersByTime(1000);
  expect(bark).not.toHaveBeenCalled();
});

test.each([Infinity, 2 ** 31, 1e300])("a limit of %d ms never fires at once", (limitMs) => {
  const bark = vi.fn();
  const watchdog = new Watchdog(limitMs, bark);
  vi.advanceTimersByTime(1_000_000);
  expect(bark).not.toHaveBeenCalled();
  watchdog.stop();
});

test("a page that slept counts the silence anew, but once only", () => {
  // The clock runs on while no timer can fire.
  let sleptMs = 0;
  const clock = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => clock() + sleptMs);
  const bark = vi.fn();
  const watchdog = new Watchdog(100, bark);
  sleptMs += 5000;
  vi.advanceTimersByTime(100);
  expect(bark).not.toHaveBeenCalled();
  sleptMs += 5000;
  vi.advanceTimersByTime(100);
  expect(bark).toHaveBeenCalledTimes(1);
  watchdog.stop();
});
