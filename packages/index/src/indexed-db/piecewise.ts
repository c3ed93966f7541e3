import type { Piece, RecordHandle } from "@nearfield/core";
import { settleWithin, timedOut, toStorageError } from "./failure.ts";

/**
 * Reading on is cheaper than reading again: a piece of its own costs as much time as so many bytes (measured in Chromium: 0.1 to 0.4
 * ms, at some 500 MB/s).
 */
const GAP_BYTES = 2 ** 16;

/** Reads a blob in pieces: of a record that was stored as a blob, the browser reads no more than is asked for. */
export function handleOf(blob: Blob, timeoutMs: number): RecordHandle {
  return {
    async read(pieces) {
      const runs = joinNear(pieces);
      const source = new Blob(runs.map(({ start, end }) => blob.slice(start, end)));
      const bytes = await bytesOf(source, timeoutMs);
      return runs.length === pieces.length ? bytes : pick(bytes, runs, pieces);
    },
  };
}

/** All of a blob. @throws RetrievalError `STORAGE_UNAVAILABLE` where its file is gone or cut off, `TIMEOUT` */
export async function bytesOf(blob: Blob, timeoutMs: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(
      await settleWithin(blob.arrayBuffer(), timeoutMs, () => timedOut(timeoutMs)),
    );
  } catch (thrown) {
    throw toStorageError(thrown);
  }
}

function joinNear(pieces: readonly Piece[]): Piece[] {
  const runs: { start: number; end: number }[] = [];
  for (const { start, end } of pieces) {
    const last = runs.at(-1);
    if (last && start - last.end <= GAP_BYTES) last.end = end;
    else runs.push({ start, end });
  }
  return runs;
}

/** The pieces out of the runs that contain them. */
function pick(
  bytes: Uint8Array<ArrayBuffer>,
  runs: readonly Piece[],
  pieces: readonly Piece[],
): Uint8Array<ArrayBuffer> {
  const picked = new Uint8Array(pieces.reduce((sum, { start, end }) => sum + end - start, 0));
  let at = 0;
  let run = 0;
  let runAt = 0;
  for (const { start, end } of pieces) {
    for (let own = runs[run] as Piece; start >= own.end; own = runs[++run] as Piece) {
      runAt += own.end - own.start;
    }
    const from = runAt + start - (runs[run] as Piece).start;
    picked.set(bytes.subarray(from, from + end - start), at);
    at += end - start;
  }
  return picked;
}
