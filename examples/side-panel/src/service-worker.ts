// The one part that the browser starts by itself. It keeps nothing in memory that matters: it may be ended at any moment.
import { Captures } from "./background/capture.ts";
import { closeWhenIdle, ensureWorking } from "./background/offscreen.ts";
import { Showings } from "./background/show.ts";
import { announce } from "./news.ts";
import { isWish, type Wish } from "./protocol.ts";

const captures = new Captures();
const showings = new Showings();

// A click on the button is what allows the panel to read that one tab; a panel that opened by itself would be allowed nothing.
chrome.action.onClicked.addListener(({ windowId }) => {
  void chrome.sidePanel.open({ windowId }).catch(() => {});
  // No event tells a panel that is open already what it may read now.
  announce({ type: "changed" });
});

chrome.runtime.onMessage.addListener((message: unknown, _sender, answer) => {
  if (!isWish(message)) return false;
  fulfil(message).then(answer, () => answer(undefined));
  // The answer comes later.
  return true;
});

chrome.tabs.onUpdated.addListener((tabId, { status }) => {
  if (status === "complete") void showings.onLoaded(tabId);
});
chrome.tabs.onRemoved.addListener((tabId) => void showings.drop(tabId));

// Whatever woke us: what was begun before goes on.
chrome.runtime.onStartup.addListener(() => void resume());
chrome.runtime.onInstalled.addListener(() => void resume());
void resume();

async function resume(): Promise<void> {
  await captures.resume();
  await work();
}

/** Whoever looks is told where the background work does not even begin. */
async function work(): Promise<void> {
  try {
    await ensureWorking();
  } catch (thrown) {
    announce({ type: "halted", code: "INTERNAL", message: String(thrown) });
  }
}

async function fulfil(wish: Wish): Promise<unknown> {
  switch (wish.type) {
    case "remember": {
      const outcomes = await captures.take(wish.tabIds);
      await work();
      return outcomes;
    }
    case "work":
      return work();
    case "idle":
      return closeWhenIdle();
    case "open":
      return showings.open(wish);
    default:
      return wish satisfies never;
  }
}
