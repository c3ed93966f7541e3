import { isRetrievalError, loadPart, RetrievalError } from "@nearfield/core";
import { IndexClient, spawnIndexWorker } from "@nearfield/index";
import { checkIndexOptions, type IndexOptions } from "./index-options.ts";
import { storeNameOf } from "./store-name.ts";
import type { VectorIndex } from "./vector-index.ts";

/**
 * Opens the index of this name for vectors of the app's own, or makes it. Needs no model.
 *
 * @throws RetrievalError `INVALID_OPTION`; `INSECURE_CONTEXT`; `MODEL_MISMATCH` where the index holds vectors of another length; `FORMAT_TOO_NEW`;
 * `UPGRADE_REQUIRED`; `WORKER_UNAVAILABLE`. {@link destroyIndex} deletes an index that is refused. Storage
 * that is refused is no error where nothing was stored before: the index then lives in memory, and `status().persistence` says
 * `ephemeral`. Where something was, it is `STORAGE_UNAVAILABLE` or `STORAGE_FULL`.
 */
export async function openIndex(options: IndexOptions): Promise<VectorIndex> {
  const checked = checkIndexOptions(options);
  const { name, dimensions, precision, durability, storage, workers } = checked;
  // A page that searches documents never needs this part.
  const part = await loadPart(() => import("./vector-index.ts"));
  let index: VectorIndex | undefined;
  const client = new IndexClient({
    name: storeNameOf("vectors", name),
    dimensions,
    fingerprint: `vectors:${dimensions}`,
    holding: "vectors",
    precision,
    durability,
    storage,
    spawn: workers?.index ?? spawnIndexWorker,
    onReport: (report) => index?.onReport(report),
  });
  try {
    const report = await client.open();
    index = new part.VectorIndex({ options: checked, client, report });
    return index;
  } catch (thrown) {
    client.close();
    throw isRetrievalError(thrown) && thrown.code === "MODEL_MISMATCH"
      ? otherLength(dimensions, thrown)
      : thrown;
  }
}

function otherLength(dimensions: number, cause: RetrievalError): RetrievalError {
  return new RetrievalError("MODEL_MISMATCH", "this index has vectors of another length", {
    value: dimensions,
    repair: "Open it with the dimensions it was made with, or take another name.",
    cause,
  });
}
