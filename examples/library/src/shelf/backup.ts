import { FileProblem } from "../read/problem.ts";
import { KIND_NAMES } from "../read/kind.ts";
import { recordOf, type FileRecord } from "./record.ts";

/**
 * A whole library as one file: a line that names the format, the length of the list of contents in decimal on a line of its own,
 * that list as JSON, then the index and the originals one after the other. Made of Blobs, so that none of it is held in memory.
 */
export interface Backup {
  readonly records: readonly FileRecord[];
  readonly collections: readonly string[];
  /** As Nearfield's `export` wrote it. */
  readonly index: Blob;
  readonly originals: ReadonlyMap<string, Blob>;
}

const MAGIC = "nearfield-library 1\n";

/** The longest list of contents that is believed: 100,000 files have about 40 MB. */
const MAX_CONTENTS_BYTES = 200_000_000;

interface Contents {
  readonly records: readonly FileRecord[];
  readonly collections: readonly string[];
  readonly indexBytes: number;
  readonly originals: readonly {
    readonly id: string;
    readonly type: string;
    readonly bytes: number;
  }[];
}

export function writeBackup({ records, collections, index, originals }: Backup): Blob {
  const contents: Contents = {
    records,
    collections,
    indexBytes: index.size,
    originals: [...originals].map(([id, { type, size }]) => ({ id, type, bytes: size })),
  };
  const list = new Blob([JSON.stringify(contents)]);
  return new Blob([MAGIC, `${list.size}\n`, list, index, ...originals.values()], {
    type: "application/octet-stream",
  });
}

/** @throws FileProblem for what is no such file, or not all of one */
export async function readBackup(file: Blob): Promise<Backup> {
  const head = await textOf(file.slice(0, MAGIC.length + 16));
  const [, length] = /^nearfield-library 1\n(\d{1,12})\n/.exec(head) ?? [];
  if (length === undefined) {
    throw new FileProblem(
      head.startsWith("nearfield-library ")
        ? "A newer version of this library wrote it. Reload the page to get that version."
        : "It is no exported library.",
    );
  }
  const from = MAGIC.length + length.length + 1;
  const bytes = Number(length);
  if (bytes > MAX_CONTENTS_BYTES) throw new FileProblem("Its list of contents is far too long.");
  const contents = check(await textOf(file.slice(from, from + bytes)));
  let at = from + bytes;
  const cut = (size: number, type = ""): Blob => file.slice(at, (at += size), type);
  const index = cut(contents.indexBytes);
  const originals = new Map(
    contents.originals.map(({ id, type, bytes: size }) => [id, cut(size, type)]),
  );
  if (at !== file.size) throw new FileProblem("A part of it is missing. Copy it once more.");
  return { ...contents, index, originals };
}

function check(json: string): Contents {
  try {
    const { records, collections, indexBytes, originals } = JSON.parse(json) as Contents;
    const isSize = (size: unknown): boolean => Number.isSafeInteger(size) && Number(size) >= 0;
    if (!isSize(indexBytes) || !originals.every(({ bytes }) => isSize(bytes))) throw new Error();
    return {
      indexBytes,
      records: records.map(checkRecord),
      collections: collections.map(String),
      originals: originals.map(({ id, type, bytes }) => ({
        id: String(id),
        type: String(type),
        bytes,
      })),
    };
  } catch {
    throw new FileProblem("Its list of contents is damaged.");
  }
}

/** A record with nothing in it but what a record has: the file may come from anywhere. */
function checkRecord(given: FileRecord): FileRecord {
  const { kind } = given;
  if (typeof given.id !== "string" || given.id === "") throw new Error();
  return {
    ...recordOf(given.id),
    ...(kind && KIND_NAMES.includes(kind) ? { kind } : {}),
    bytes: Number(given.bytes) || 0,
    modified: Number(given.modified) || 0,
    added: Number(given.added) || 0,
    state: given.state === "stored" ? "stored" : "waiting",
    title: typeof given.title === "string" ? given.title : undefined,
    collections: given.collections.map(String),
    hasOriginal: given.hasOriginal === true,
  };
}

async function textOf(blob: Blob): Promise<string> {
  try {
    return await blob.text();
  } catch {
    throw new FileProblem("It can not be read. Choose it once more.");
  }
}
