import { announce } from "../news.ts";
import type { Outcome } from "../protocol.ts";
import { openShelf } from "../shelf/open.ts";
import { pageKey } from "../shelf/address.ts";
import type { PageText, Problem } from "../shelf/record.ts";
import { callPage, type Answer } from "./page-call.ts";

const KEY = "captures";

/**
 * Reads tabs, one after another. Which tabs are still to be read is kept in the session's storage, so that a service worker that is
 * ended in the middle goes on where it was.
 */
export class Captures {
  #turn: Promise<unknown> = Promise.resolve();

  /** What became of each tab, in their order. */
  async take(tabIds: readonly number[]): Promise<readonly Outcome[]> {
    return this.#inTurn(async () => {
      await keep([...(await kept()), ...tabIds]);
      return this.#drain();
    });
  }

  /** Goes on with what was left. */
  async resume(): Promise<void> {
    await this.#inTurn(() => this.#drain());
  }

  async #drain(): Promise<readonly Outcome[]> {
    const outcomes: Outcome[] = [];
    for (;;) {
      const [tabId, ...rest] = await kept();
      if (tabId === undefined) return outcomes;
      outcomes.push(await capture(tabId));
      await keep(rest);
      announce({ type: "changed" });
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work);
    this.#turn = next.catch(() => {});
    return next;
  }
}

async function capture(tabId: number): Promise<Outcome> {
  const tab = await chrome.tabs.get(tabId).catch(() => undefined);
  if (!tab) return { title: "", problem: "gone" };
  const { title = "", url } = tab;
  const key = pageKey(url ?? "");
  const problem = whyNot(tab, key);
  // Of these not even the address is kept.
  if (key === undefined || problem === "private") return { title, problem };
  const page: Answer<PageText> = problem ? { problem } : await callPage(tabId, "read");
  const met = "problem" in page ? page.problem : undefined;
  try {
    const shelf = await openShelf();
    if ("result" in page && page.result.sections.length > 0) {
      await shelf.put(key, page.result);
      return { title: page.result.title || key };
    }
    await shelf.putProblem(key, title, met ?? "empty");
    return { title: title || key, problem: met ?? "empty" };
  } catch {
    return { title: title || key, problem: "unsaved" };
  }
}

/** What can be said of a tab before it is touched. Without permission the browser does not even tell its address. */
function whyNot(
  { incognito, discarded, status, url }: chrome.tabs.Tab,
  key: string | undefined,
): Problem | undefined {
  if (incognito) return "private";
  if (url === undefined || url === "") return "unpermitted";
  if (key === undefined) return "unreadable";
  if (discarded || status === "unloaded") return "asleep";
  return undefined;
}

async function kept(): Promise<number[]> {
  const { [KEY]: list } = await chrome.storage.session.get(KEY);
  return Array.isArray(list) ? list : [];
}

async function keep(tabIds: readonly number[]): Promise<void> {
  await chrome.storage.session.set({ [KEY]: [...new Set(tabIds)] });
}
