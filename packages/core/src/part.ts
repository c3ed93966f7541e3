import { isRetrievalError, RetrievalError } from "./errors.ts";

/** A part has some kilobytes. Longer than this it takes only where a server went silent. */
const PATIENCE_MS = 60_000;

/**
 * Loads a part of our own code that not every page needs. It comes from where the page's script came from, so that it can be
 * missing: without a network, or after a new build was deployed under an open page.
 * @param load `() => import("./part.ts")`
 * @param patienceMs after this it counts as missing; if it comes later, the next call has it
 * @throws RetrievalError `CODE_UNAVAILABLE`
 */
export async function loadPart<T>(
  load: () => Promise<T>,
  patienceMs: number = PATIENCE_MS,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came in ${patienceMs} ms`)), patienceMs);
  });
  try {
    return await Promise.race([load(), silence]);
  } catch (thrown) {
    if (isRetrievalError(thrown)) throw thrown;
    throw new RetrievalError("CODE_UNAVAILABLE", "a part of Nearfield's code did not load", {
      value: thrown instanceof Error ? thrown.message : thrown,
      repair: "Try again with a network; if the app was updated meanwhile, reload the page.",
      cause: thrown,
    });
  } finally {
    clearTimeout(timer);
  }
}
