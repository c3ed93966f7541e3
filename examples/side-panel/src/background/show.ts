import { announce } from "../news.ts";
import type { Showing, Wish } from "../protocol.ts";
import { pageKey } from "../shelf/address.ts";
import { callPage } from "./page-call.ts";
import { fragmentFor } from "./text-fragment.ts";

const KEY = "showings";

/** A passage that is to be shown as soon as its tab has loaded. */
interface Wanted {
  readonly url: string;
  readonly passage: string;
}

/** Opens pages at a passage. What is wanted is kept in the session's storage: loading may outlive this worker. */
export class Showings {
  /** Shows the passage in the tab that has the page, or in a new one. */
  async open({
    url,
    passage,
    windowId,
  }: Extract<Wish, { type: "open" }>): Promise<"tab" | "opened"> {
    const [tab] = await tabsOf(url);
    if (tab?.id !== undefined) {
      await chrome.tabs.update(tab.id, { active: true });
      await chrome.windows.update(tab.windowId, { focused: true }).catch(() => {});
      if (tab.status === "complete") await show(tab.id, { url, passage });
      else await want(tab.id, { url, passage });
      return "tab";
    }
    const isAllowed = await chrome.permissions.contains({ origins: [url] }).catch(() => false);
    const address = isAllowed ? url : url + fragmentFor(url, passage);
    const made = await chrome.tabs.create({
      url: address,
      ...(windowId !== undefined && { windowId }),
    });
    if (!isAllowed) announce({ type: "showing", url, showing: "by-browser" });
    else if (made.id !== undefined) await want(made.id, { url, passage });
    return "opened";
  }

  async onLoaded(tabId: number): Promise<void> {
    const wanted = (await all())[tabId];
    if (!wanted) return;
    await this.drop(tabId);
    await show(tabId, wanted);
  }

  async drop(tabId: number): Promise<void> {
    const { [tabId]: dropped, ...rest } = await all();
    if (dropped) await chrome.storage.session.set({ [KEY]: rest });
  }
}

async function show(tabId: number, { url, passage }: Wanted): Promise<void> {
  const answer = await callPage(tabId, "reveal", passage);
  const showing: Showing = "problem" in answer ? "failed" : answer.result ? "marked" : "changed";
  announce({ type: "showing", url, showing });
}

async function want(tabId: number, wanted: Wanted): Promise<void> {
  await chrome.storage.session.set({ [KEY]: { ...(await all()), [tabId]: wanted } });
  // It may have finished loading in between.
  const tab = await chrome.tabs.get(tabId).catch(() => undefined);
  const isThere =
    tab?.status === "complete" && tab.url !== undefined && pageKey(tab.url) === wanted.url;
  if (isThere) await new Showings().onLoaded(tabId);
}

/** Tabs with the page, the one last used first; only those whose address the browser tells us. */
async function tabsOf(url: string): Promise<chrome.tabs.Tab[]> {
  const tabs = await chrome.tabs.query({});
  return tabs
    .filter((tab) => tab.url !== undefined && pageKey(tab.url) === url)
    .toSorted((a, b) => (b.lastAccessed ?? 0) - (a.lastAccessed ?? 0));
}

async function all(): Promise<Readonly<Record<number, Wanted>>> {
  const { [KEY]: wanted } = await chrome.storage.session.get(KEY);
  return (wanted ?? {}) as Readonly<Record<number, Wanted>>;
}
