/**
 * Work between two turns of the page, to which the step comes that is under way when it is over. A key that is pressed meanwhile is
 * answered well within the 50 ms that count as immediate, with what a frame costs besides.
 */
const SLICE_MS = 5;

/** Runs through `steps`, and gives the page a turn whenever a slice is used up. Ends early where `signal` fires. */
export async function* inTurns<T>(
  steps: Iterable<T | undefined>,
  signal: AbortSignal,
): AsyncGenerator<T, void> {
  let until = performance.now() + SLICE_MS;
  for (const step of steps) {
    if (step !== undefined) yield step;
    if (performance.now() < until) continue;
    await nextTurn();
    if (signal.aborted) return;
    until = performance.now() + SLICE_MS;
  }
}

/** The page's own work comes first; but a page that is never idle must not wait for ever. */
export function nextTurn(): Promise<void> {
  const MOST_MS = 50;
  return new Promise((resolve) => {
    if ("requestIdleCallback" in globalThis) {
      requestIdleCallback(() => resolve(), { timeout: MOST_MS });
    } else setTimeout(resolve, 0);
  });
}
