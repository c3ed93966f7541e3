import type { Outcome, Wish } from "../protocol.ts";

/** Wakes the service worker and has it read tabs. */
export async function rememberTabs(tabIds: readonly number[]): Promise<readonly Outcome[]> {
  const wish: Wish = { to: "service-worker", type: "remember", tabIds };
  const outcomes: unknown = await chrome.runtime.sendMessage(wish);
  if (!Array.isArray(outcomes))
    throw new Error("the background part of the extension did not answer");
  return outcomes as readonly Outcome[];
}

/** Has what waits be worked on, if anything does. */
export async function askForWork(): Promise<void> {
  const wish: Wish = { to: "service-worker", type: "work" };
  await chrome.runtime.sendMessage(wish);
}

/** Opens a page at a passage. */
export async function openPassage(url: string, passage: string): Promise<void> {
  const { id } = await chrome.windows.getCurrent();
  const wish: Wish = { to: "service-worker", type: "open", url, passage, windowId: id };
  await chrome.runtime.sendMessage(wish);
}
