import { RetrievalError } from "@nearfield/core";

/** The ids that a caller wants removed, read once. @throws RetrievalError `INVALID_OPTION`, `SOURCE_FAILED` */
export function checkIds(ids: unknown): readonly string[] {
  const list = typeof ids === "string" ? [ids] : ids;
  if (typeof list !== "object" || list === null || !(Symbol.iterator in list)) {
    throw new RetrievalError("INVALID_OPTION", "ids must be an array of strings", {
      value: ids,
      repair: "Give the ids of what is to be removed.",
    });
  }
  const strings = readAll(list as Iterable<unknown>);
  for (const id of strings) {
    if (typeof id === "string") continue;
    throw new RetrievalError("INVALID_OPTION", "an id is not a string", {
      value: id,
      repair: "Ids are the strings that were given to add.",
    });
  }
  return strings as string[];
}

function readAll(source: Iterable<unknown>): unknown[] {
  try {
    return [...source];
  } catch (thrown) {
    throw new RetrievalError("SOURCE_FAILED", "the iterable that gave the ids threw", {
      repair: "See the cause. Nothing was removed.",
      cause: thrown,
    });
  }
}
