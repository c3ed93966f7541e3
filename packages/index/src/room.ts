import { RetrievalError, type SegmentStore } from "@nearfield/core";

/** Less than this is not worth a question: the transaction itself will tell. */
const WORTH_ASKING_BYTES = 2 ** 20;

/**
 * Refuses what can not fit before any of it is written. The browser's estimate may be wrong to either side by a little, which is why a
 * transaction that fails for lack of room is still dealt with.
 * @throws RetrievalError `STORAGE_FULL`
 */
export async function assertRoom(store: SegmentStore, bytes: number): Promise<void> {
  if (bytes < WORTH_ASKING_BYTES) return;
  const room = await store.room();
  if (room === undefined || bytes <= room) return;
  throw new RetrievalError("STORAGE_FULL", `the browser has room for ${room} bytes more`, {
    value: bytes,
    repair: "Remove documents or free space, then try again; nothing was changed.",
  });
}
