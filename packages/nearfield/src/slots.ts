// A search index has two places to be stored in: where it is, and where its successor is filled when the model changes.
import { inspectIndex, type StoredIndex } from "@nearfield/index";
import { storeNameOf } from "./store-name.ts";

/** What is in a place: nothing, an index, or something that nobody here can read. */
export type Found = StoredIndex | "unreadable" | null;

export interface Place {
  /** The name that the index is stored under. */
  readonly name: string;
  readonly found: Found;
}

export interface Slots {
  /** The index that counts. It may be marked as filling still, where a browser was killed in the last step of a change. */
  readonly live: Place | null;
  /** The other place: free, or holding what a change has not finished. */
  readonly spare: Place;
  /** Both, the first one first. */
  readonly all: readonly [Place, Place];
}

/** Both places of a search index, the first one first. No other index is ever stored under one of these names. */
export function placesOf(name: string): readonly [string, string] {
  return [storeNameOf("search", name), `search:next:${name}`];
}

/** Looks at one place. @throws RetrievalError what `inspectIndex` throws */
export async function look(name: string): Promise<Place> {
  return { name, found: await inspectIndex(name) };
}

/** Looks at both places. @throws RetrievalError what `inspectIndex` throws */
export async function findSlots(name: string): Promise<Slots> {
  const [first, second] = placesOf(name);
  return arrange(...(await Promise.all([look(first), look(second)])));
}

/**
 * Which of two places counts. The old index is emptied and marked as moved in one transaction, and that is the moment from
 * which the new one counts, whatever its own mark says.
 */
export function arrange(first: Place, second: Place): Slots {
  const [better, other] =
    rankOf(second.found) > rankOf(first.found) ? [second, first] : [first, second];
  return { live: rankOf(better.found) > 0 ? better : null, spare: other, all: [first, second] };
}

/** An index, then what can not be read, then one that was being filled; 0 for what holds nothing. */
function rankOf(found: Found): number {
  if (found === null) return 0;
  if (found === "unreadable") return 2;
  if (found.isMoved) return 0;
  return found.isFilling ? 1 : 3;
}
