// What the parts of the extension say to one another. The panel asks the service worker; the service worker asks the offscreen document.
import type { Problem } from "./shelf/record.ts";

/** To the service worker. */
export type Wish =
  /** Read these tabs and put them into the queue. */
  | { readonly to: "service-worker"; readonly type: "remember"; readonly tabIds: readonly number[] }
  /** There is work in the queue. */
  | { readonly to: "service-worker"; readonly type: "work" }
  /** The offscreen document has nothing left to do, and asks to be closed. */
  | { readonly to: "service-worker"; readonly type: "idle" }
  /** Show a passage in its page. */
  | {
      readonly to: "service-worker";
      readonly type: "open";
      readonly url: string;
      readonly passage: string;
      /** Not where there is one with it already. */
      readonly windowId: number | undefined;
    };

/** What became of one tab. */
export interface Outcome {
  readonly title: string;
  /** Undefined: it was read, and waits for being indexed. */
  readonly problem?: Problem | undefined;
}

/** How a passage is shown. */
export type Showing =
  /** Marked in its page. */
  | "marked"
  /** The page has opened, and the browser itself looks for the passage: the panel may not look into that site. */
  | "by-browser"
  /** The page no longer has the passage. */
  | "changed"
  /** The page did not open far enough to look. */
  | "failed";

/** To the offscreen document: look into the queue. */
export interface Nudge {
  readonly to: "offscreen";
  readonly type: "work";
}

/** Said to all, over a `BroadcastChannel`. */
export type News =
  /** What is on the shelf has changed. */
  | { readonly type: "changed" }
  /** How far the page is that is being indexed. */
  | {
      readonly type: "progress";
      readonly url: string;
      readonly sections: number;
      readonly of: number;
    }
  /** The work has stopped, and goes on when somebody asks for it; `code` where the search failed. */
  | { readonly type: "halted"; readonly code: string; readonly message: string }
  | { readonly type: "showing"; readonly url: string; readonly showing: Showing };

export const NEWS = "nearfield-side-panel";

/** The name of the index. */
export const INDEX = "side-panel";

export function isWish(message: unknown): message is Wish {
  return isAddressed(message, "service-worker");
}

export function isNudge(message: unknown): message is Nudge {
  return isAddressed(message, "offscreen");
}

function isAddressed(message: unknown, to: string): boolean {
  return typeof message === "object" && message !== null && Reflect.get(message, "to") === to;
}
