/** Why a page is not remembered. Each has a sentence of its own in the panel. */
export type Problem =
  | "unpermitted"
  | "unreadable"
  | "private"
  | "gone"
  | "asleep"
  | "slow"
  | "empty"
  | "unreachable"
  | "refused"
  | "not-a-page"
  | "too-large"
  | "unsaved"
  | "unindexed";

/** What stands between two headings of a page. */
export interface SectionText {
  /** The headings above it, from the outermost. */
  readonly title: string;
  readonly text: string;
}

/** A page as it was read. */
export interface PageText {
  readonly title: string;
  readonly sections: readonly SectionText[];
}

/** One page that the person has chosen to remember. */
export interface PageRecord {
  /** Its address, see `pageKey`. */
  readonly url: string;
  readonly site: string;
  readonly title: string;
  readonly from: "tab" | "bookmark";
  /** When the person chose it, last time. */
  readonly chosenMs: number;
  /** When all of it could be found, last time; 0: never yet. */
  readonly readyMs: number;
  /** `waiting`: to be read or indexed. `ready`: can be found. `failed`: see `problem`. */
  readonly state: "waiting" | "ready" | "failed";
  readonly problem?: Problem | undefined;
  /** Text that can be found, in UTF-16 code units. */
  readonly units: number;
  /** The index has documents of the page with the numbers 0 to this, at the most. */
  readonly sections: number;
  /** How often it was begun with: a page that ends the worker every time must not keep the others waiting for ever. */
  readonly tries: number;
}

/** Documents that are still to be taken out of the index. */
export interface Removal {
  readonly id?: number;
  readonly url: string;
  readonly sections: number;
}

/** The name of one section in the index. */
export function documentId(url: string, section: number): string {
  return `${url} ${section}`;
}

/** All names that the sections of a page can have. */
export function documentIds(url: string, sections: number, from = 0): string[] {
  return Array.from({ length: Math.max(0, sections - from) }, (_, at) =>
    documentId(url, from + at),
  );
}
