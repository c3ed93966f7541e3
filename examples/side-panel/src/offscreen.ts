// The background work: takes page after page from the queue, indexes it, and takes out what was forgotten. The panel may be closed.
import { openSearch, type Search } from "nearfield";
import { INDEX, isNudge, type Wish } from "./protocol.ts";
import { openShelf } from "./shelf/open.ts";
import { Work } from "./work/work.ts";

/** With nothing to do for so long, the document is closed and its memory free. */
const IDLE_MS = 30_000;

const work = new Work({ shelf: openShelf, search: once(open) });
let idle: ReturnType<typeof setTimeout> | undefined;

chrome.runtime.onMessage.addListener((message: unknown) => {
  if (isNudge(message)) void go();
});
void go();

async function go(): Promise<void> {
  clearTimeout(idle);
  // One such document at a time is what the browser promises; the lock holds also while one is being replaced.
  await navigator.locks.request("nearfield-side-panel work", () => work.run());
  clearTimeout(idle);
  idle = setTimeout(() => {
    const wish: Wish = { to: "service-worker", type: "idle" };
    void chrome.runtime.sendMessage(wish).catch(() => {});
  }, IDLE_MS);
}

function open(): Promise<Search> {
  // Nobody asks here: the panel has a query worker of its own.
  return openSearch({ name: INDEX, warm: false });
}

/** One search for the life of this document; a failure is not kept. */
function once(make: () => Promise<Search>): () => Promise<Search> {
  let made: Promise<Search> | undefined;
  return () => {
    made ??= make().catch((thrown: unknown) => {
      made = undefined;
      throw thrown;
    });
    return made;
  };
}
