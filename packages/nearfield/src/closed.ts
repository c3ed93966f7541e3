import { RetrievalError } from "@nearfield/core";

/** What every call of a search that was closed rejects with. */
export function closed(): RetrievalError {
  return new RetrievalError("CLOSED", "the search was closed", {
    repair: "Open it again with openSearch.",
  });
}
