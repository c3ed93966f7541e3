// A note outside of IndexedDB of how far the index had got. Browsers may drop the one and leave the other: then an empty
// index is known to be a loss and not a first visit. Only the page can keep it: workers have no localStorage.
import type { StoreToken } from "@nearfield/core";

/** What was noted last; `undefined` on a first visit, and where the page may keep nothing. */
export function recallLastSeen(name: string): StoreToken | undefined {
  try {
    const note = JSON.parse(
      localStorage.getItem(keyOf(name)) ?? "null",
    ) as Partial<StoreToken> | null;
    const { lineage, generation } = note ?? {};
    if (typeof lineage !== "string" || typeof generation !== "number") return undefined;
    return { lineage, generation };
  } catch {
    return undefined;
  }
}

/** Notes a state, or with `undefined` forgets it. Never throws: without the note a loss is merely not noticed. */
export function rememberLastSeen(name: string, token: StoreToken | undefined): void {
  try {
    if (!token) return localStorage.removeItem(keyOf(name));
    const { lineage, generation } = token;
    const seen = recallLastSeen(name);
    // Another tab may have got further already. And a loss stays noted until the index is filled again.
    const isOlder = seen?.lineage === lineage ? generation <= seen.generation : generation === 0;
    if (seen && isOlder) return;
    localStorage.setItem(keyOf(name), JSON.stringify({ lineage, generation }));
  } catch {
    // Refused or full.
  }
}

function keyOf(name: string): string {
  return `nearfield:${name}:seen`;
}
