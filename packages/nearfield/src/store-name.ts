const VECTORS = "vectors:";
const SEARCH = "search:";

/**
 * The name under which an index is stored, so that an index of `openSearch` and one of `openIndex` never meet, whatever they
 * are called: two different pairs of kind and name have two different results.
 */
export function storeNameOf(kind: "search" | "vectors", name: string): string {
  if (kind === "vectors") return VECTORS + name;
  // Search indexes bear their plain name, but for those that look like a name with a prefix.
  return name.startsWith(VECTORS) || name.startsWith(SEARCH) ? SEARCH + name : name;
}
