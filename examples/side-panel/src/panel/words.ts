import type { ErrorCode } from "nearfield";
import { sayFailure, type Words } from "../../../shared/words.ts";
import type { Showing } from "../protocol.ts";
import type { Problem } from "../shelf/record.ts";

/** Why a page is not remembered, and what one can do. */
export const PROBLEMS: Readonly<Record<Problem, string>> = {
  unpermitted:
    "The browser does not let the panel read this site. Press the Nearfield button in the toolbar on its tab: that allows this one page.",
  unreadable: "The browser lets no extension read its own pages, its store, or files.",
  private: "Private windows are never remembered.",
  gone: "The tab was closed, or went to another page, while it was read.",
  asleep: "The tab is asleep and has no text just now. Look at it once and try again.",
  slow: "The page took too long. Try again when it has loaded.",
  empty: "There is no text in it. Perhaps it shows itself only to who is signed in.",
  unreachable: "It could not be fetched: there is no connection, or the site did not answer.",
  refused: "The site refused: the page is not there any more, or only for who is signed in.",
  "not-a-page": "It is no page of text: a PDF, an image or a download.",
  "too-large": "It is larger than 8 MB.",
  unsaved: "It could not be stored: the browser has no room left.",
  unindexed: "The search could not take it in, also not when it tried again.",
};

/** What became of opening a passage; "" where the page itself shows it. */
export const SHOWINGS: Readonly<Record<Showing, string>> = {
  marked: "",
  "by-browser":
    "The panel may not look into that site, so the browser itself looks for the passage in it.",
  changed: "The page has changed since: the passage is no longer in it.",
  failed: "The page did not open far enough to look for the passage.",
};

const TITLES: Partial<Readonly<Record<ErrorCode, string>>> = {
  CODE_UNAVAILABLE: "A part of the extension is missing",
  DEVICE_LOST: "The graphics processor went away",
  EMBEDDING_INVALID: "The model does not calculate right on this device",
  FORMAT_TOO_NEW: "A newer version of this extension wrote the index",
  INPUT_TOO_LARGE: "That is too long",
  MODEL_INTEGRITY: "The model is damaged",
  MODEL_UNAVAILABLE: "The model could not be read",
  OUT_OF_MEMORY: "There is not enough memory",
  STORAGE_CORRUPT: "A part of the index is damaged",
  STORAGE_FULL: "The browser has no room left",
  STORAGE_UNAVAILABLE: "The browser gives this extension no storage",
  TIMEOUT: "That took too long",
  UPGRADE_REQUIRED: "A newer version of this extension is at work",
  WORKER_LOST: "A part of the search stopped working",
  WORKER_UNAVAILABLE: "A part of the search could not be started",
};

const REPAIRS: Partial<Readonly<Record<ErrorCode, string>>> = {
  CODE_UNAVAILABLE: "Close the panel and open it again. If that does not help, install it anew.",
  MODEL_INTEGRITY: "Install the extension anew. What is remembered stays.",
  MODEL_UNAVAILABLE: "Install the extension anew. What is remembered stays.",
  OUT_OF_MEMORY: "Close some tabs and try again.",
  STORAGE_FULL:
    "Forget some pages, or free room on this device, and try again. What is remembered is still found.",
  UPGRADE_REQUIRED: "Close the panel and open it again.",
  WORKER_UNAVAILABLE: "Close the panel and open it again.",
};

/** Any thrown value in words; never throws. */
export function say(thrown: unknown): Words {
  return sayFailure(thrown, { titles: TITLES, repairs: REPAIRS });
}

/** Why the background work has stopped. */
export function sayHalt(code: string, message: string): Words {
  return {
    title: TITLES[code as ErrorCode] ?? "The background work has stopped",
    detail: code in TITLES ? "" : message,
    repair: REPAIRS[code as ErrorCode] ?? "Try again. Nothing that was remembered is lost.",
  };
}

const DATE = new Intl.DateTimeFormat("en", { dateStyle: "medium" });

export function sayDate(time: number): string {
  return DATE.format(time);
}

/** "1.2 MB". */
export function sayBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  let at = 0;
  let value = bytes;
  for (; value >= 1_000 && at < units.length - 1; at++) value /= 1_000;
  return `${at > 1 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}
