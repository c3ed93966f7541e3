/** A file that the visitor gave: its text is in the index, only its name is here. */
export interface OwnFile {
  /** Its document's id. */
  readonly id: string;
  readonly name: string;
  readonly characters: number;
}

/** What the page knows of earlier visits. The documents themselves are in the index. */
export interface Memory {
  readonly version: 1;
  /** Hash of the library that was read to its end; undefined where none was. */
  readonly corpus: string | undefined;
  /** Ids of that library, so that documents which a newer one no longer has can be removed. */
  readonly corpusIds: readonly string[];
  readonly files: readonly OwnFile[];
}

const KEY = "nearfield-demo.memory";
const BLANK: Memory = { version: 1, corpus: undefined, corpusIds: [], files: [] };

/** What was remembered; blank after a first visit, and where storage is refused or holds something else. */
export function recall(): Memory {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "null") as Partial<Memory> | null;
    if (stored?.version !== 1) return BLANK;
    const { corpus, corpusIds, files } = stored;
    if (!Array.isArray(corpusIds) || !Array.isArray(files)) return BLANK;
    return { version: 1, corpus, corpusIds, files };
  } catch {
    return BLANK;
  }
}

/** Keeps `memory` for the next visit. Where that is refused, the next visit reads the library again: no harm. */
export function remember(memory: Memory): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(memory));
  } catch {
    // See above.
  }
}

/** Removes it, and what Nearfield itself notes beside its index: which devices have proven that they calculate right. */
export function forgetMemory(): void {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith("nearfield"));
    for (const key of keys) localStorage.removeItem(key);
  } catch {
    // Nothing was kept then.
  }
}
