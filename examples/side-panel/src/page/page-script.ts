// Runs in a page, in a world of its own, when the person asks for it. It reads and marks; the page's own tree stays as it is.
import { pageTextOf } from "./page-text.ts";
import { Revealing } from "./revealing.ts";
import type { PageText } from "../shelf/record.ts";

export interface PageCalls {
  /** What a reader sees of the page. */
  read(): Promise<PageText>;
  /** Scrolls to a passage and marks it. False where the page does not have it. */
  reveal(passage: string): Promise<boolean>;
}

declare global {
  // The script may be run again in the same page.
  var nearfieldPanel: PageCalls | undefined;
}

globalThis.nearfieldPanel ??= start();

function start(): PageCalls {
  const revealing = new Revealing();
  return {
    read: () => pageTextOf(document),
    reveal: (passage) => revealing.reveal(passage),
  };
}
