import type { PageCalls } from "../page/page-script.ts";
import type { Problem } from "../shelf/record.ts";

/** Reading a long page takes seconds; one that does not finish loading is waited for no longer than this. */
const PATIENCE_MS = 20_000;

/** What a call in a page gives, or why it could not be made. */
export type Answer<T> = { readonly result: T } | { readonly problem: Problem };

/** Runs one of our calls in a page, in a world that the page's own scripts can not see. */
export async function callPage<Name extends keyof PageCalls>(
  tabId: number,
  name: Name,
  ...args: Parameters<PageCalls[Name]>
): Promise<Answer<Awaited<ReturnType<PageCalls[Name]>>>> {
  const late = new Promise<"late">((resolve) => setTimeout(() => resolve("late"), PATIENCE_MS));
  try {
    const done = await Promise.race([call(tabId, name, args), late]);
    if (done === "late") return { problem: "slow" };
    const [first] = done;
    const result = first?.result as Awaited<ReturnType<PageCalls[Name]>> | null | undefined;
    return result === null || result === undefined ? { problem: "gone" } : { result };
  } catch (thrown) {
    return { problem: problemOf(thrown) };
  }
}

async function call(
  tabId: number,
  name: string,
  args: readonly unknown[],
): Promise<chrome.scripting.InjectionResult<unknown>[]> {
  const target = { tabId };
  await chrome.scripting.executeScript({ target, files: ["page-script.js"] });
  return chrome.scripting.executeScript({
    target,
    func: (called: string, given: unknown[]) => {
      // This function is sent to the page as text: it knows nothing of this file.
      const calls = globalThis.nearfieldPanel as
        | Record<string, (...all: unknown[]) => unknown>
        | undefined;
      return calls?.[called]?.(...given);
    },
    args: [name, [...args]],
  });
}

/** The browser has no codes for these: only what it says. */
function problemOf(thrown: unknown): Problem {
  const words = String(thrown);
  if (/no tab with|frame .* was removed|tab was closed/i.test(words)) return "gone";
  if (/gallery|chrome:|error page|policy|extension:/i.test(words)) return "unreadable";
  if (/cannot access|permission/i.test(words)) return "unpermitted";
  return "unreadable";
}
