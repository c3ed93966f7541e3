import type { Nudge } from "../protocol.ts";
import { openShelf } from "../shelf/open.ts";

const PAGE = "offscreen.html";

/** One at a time: the browser allows one such document, and refuses a second with an error. */
let turn: Promise<unknown> = Promise.resolve();

/** Has the offscreen document look into the queue, where there is anything in it. */
export function ensureWorking(): Promise<void> {
  return inTurn(async () => {
    const shelf = await openShelf();
    if (!(await shelf.hasWork())) return;
    if (await isOpen()) {
      const nudge: Nudge = { to: "offscreen", type: "work" };
      // It looks by itself when it starts; an answer is not needed.
      return void (await chrome.runtime.sendMessage(nudge).catch(() => {}));
    }
    await chrome.offscreen.createDocument({
      url: PAGE,
      reasons: [chrome.offscreen.Reason.WORKERS, chrome.offscreen.Reason.DOM_PARSER],
      justification:
        "Pages that you chose are read and indexed on this device, with the panel open or not.",
    });
  });
}

/** Gives the memory back, unless something has come in meanwhile. */
export async function closeWhenIdle(): Promise<void> {
  await inTurn(async () => {
    const shelf = await openShelf();
    if ((await shelf.hasWork()) || !(await isOpen())) return;
    await chrome.offscreen.closeDocument();
  });
}

async function isOpen(): Promise<boolean> {
  const contexts = await chrome.runtime.getContexts({
    contextTypes: [chrome.runtime.ContextType.OFFSCREEN_DOCUMENT],
  });
  return contexts.length > 0;
}

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const next = turn.then(work);
  turn = next.catch(() => {});
  return next;
}
