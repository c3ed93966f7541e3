import { Finder } from "./finder.ts";
import { canMark } from "../../shared/page/marks.ts";

export interface InPage {
  /** Opens the bar; reads the page if that has not begun. */
  open(): void;
  /** Leaves the page as it was. */
  close(): void;
  /** Ends the workers and takes the shortcut away. */
  end(): Promise<void>;
}

declare global {
  // Where the script is run twice, the second time opens the bar of the first.
  var nearfieldInPage: InPage | undefined;
}

/**
 * How the script is asked to behave, by parameters of its own address: `?open` opens the bar at once, `?later` reads the page
 * only when the bar is opened, `?keep` keeps the index for the next visit, `?shortcut=KeyK` is another key than F together with
 * Alt and Shift.
 */
const asked = new URL(import.meta.url).searchParams;

globalThis.nearfieldInPage ??= start();
if (asked.has("open")) globalThis.nearfieldInPage.open();

function start(): InPage {
  if (!canMark()) {
    console.warn("Find in page by meaning needs the CSS Custom Highlight API of newer browsers.");
    return { open: () => {}, close: () => {}, end: async () => {} };
  }
  const finder = new Finder({ keeps: asked.has("keep") });
  const code = asked.get("shortcut") ?? "KeyF";
  const onKey = (event: KeyboardEvent) => {
    const isMeant = event.code === code && event.altKey && event.shiftKey;
    if (!isMeant || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    // As the browser's own search does: where it is open, its field is ready for another question. Escape closes.
    finder.open();
  };
  // Before the page's own listeners: some swallow every key.
  addEventListener("keydown", onKey, { capture: true });
  if (!asked.has("later")) finder.prepare();
  return {
    open: () => finder.open(),
    close: () => finder.close(),
    async end() {
      removeEventListener("keydown", onKey, { capture: true });
      globalThis.nearfieldInPage = undefined;
      await finder.end();
    },
  };
}
