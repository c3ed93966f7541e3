import type { IngestCalls } from "@nearfield/core";
import type { Connection } from "@nearfield/link";
import type { IngestIndex } from "./seam.ts";

/** The index at the other end of `connection`. Vectors are moved to it, not copied. */
export function indexOver(connection: Connection<IngestCalls>): IngestIndex {
  return {
    missing: (keys, signal) => connection.call("missing", keys, { signal }),
    commit: (block, signal) =>
      connection.call("commit", block, { signal, transfer: [block.vectors.buffer] }),
  };
}
