import { FileProblem } from "./problem.ts";

/** A file that was found in what a person gave. */
export interface Found {
  /** With the folders that lead to it: "recipes/bread.md". */
  readonly path: string;
  /** Undefined where it could not even be opened. */
  readonly file: File | undefined;
  /** True where the person named this very file, and not a folder around it. */
  readonly isNamed: boolean;
}

/** Folders within folders within folders: deeper than people nest them, and an end to links in a circle. */
const MAX_DEPTH = 32;

/** Hidden folders hold what programs keep for themselves. */
const isHidden = (name: string): boolean => name.startsWith(".");

/** What was dropped, read at once: the browser takes it away after the event. */
export function gatherDrop(transfer: DataTransfer): AsyncGenerator<Found> {
  const entries: (FileSystemEntry | File)[] = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry() ?? item.getAsFile();
    if (entry) entries.push(entry);
  }
  return gatherEntries(entries);
}

/** What a file input gives: single files, or all files of a folder. */
export async function* gatherInput(files: readonly File[]): AsyncGenerator<Found> {
  for (const file of files) {
    const path = file.webkitRelativePath || file.name;
    const isNamed = !file.webkitRelativePath;
    if (isNamed || !path.split("/").some(isHidden)) yield { path, file, isNamed };
  }
}

/**
 * The files of a folder that the person has opened.
 * @throws FileProblem where the folder itself is gone, or may not be read any more
 */
export async function* gatherFolder(
  folder: FileSystemDirectoryHandle,
  path: string = folder.name,
  depth = 0,
): AsyncGenerator<Found> {
  try {
    for await (const handle of folder.values()) {
      const inner = `${path}/${handle.name}`;
      if (isHidden(handle.name)) continue;
      if (handle.kind === "file") {
        yield { path: inner, file: await handle.getFile().catch(() => undefined), isNamed: false };
      } else if (depth < MAX_DEPTH) {
        // A folder within it that goes away takes its own files with it, and no others.
        yield* gatherInner(handle, inner, depth + 1);
      }
    }
  } catch (thrown) {
    if (thrown instanceof FileProblem) throw thrown;
    throw new FileProblem(
      `The folder “${path}” can not be read to its end: it was moved or deleted, or this page may not look into it any more.`,
    );
  }
}

async function* gatherInner(
  folder: FileSystemDirectoryHandle,
  path: string,
  depth: number,
): AsyncGenerator<Found> {
  try {
    yield* gatherFolder(folder, path, depth);
  } catch (thrown) {
    if (!(thrown instanceof FileProblem)) throw thrown;
    yield { path, file: undefined, isNamed: true };
  }
}

async function* gatherEntries(entries: readonly (FileSystemEntry | File)[]): AsyncGenerator<Found> {
  for (const entry of entries) {
    if (entry instanceof File) yield { path: entry.name, file: entry, isNamed: true };
    else yield* gatherEntry(entry, entry.name, 0);
  }
}

async function* gatherEntry(
  entry: FileSystemEntry,
  path: string,
  depth: number,
): AsyncGenerator<Found> {
  if (entry.isFile) {
    yield { path, file: await fileOf(entry as FileSystemFileEntry), isNamed: depth === 0 };
  } else if (entry.isDirectory && depth < MAX_DEPTH) {
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      // The browser gives a hundred at a time, and none at the end.
      const some = await new Promise<FileSystemEntry[]>((resolve) => {
        reader.readEntries(resolve, () => resolve([]));
      });
      if (some.length === 0) return;
      for (const inner of some) {
        if (!isHidden(inner.name)) yield* gatherEntry(inner, `${path}/${inner.name}`, depth + 1);
      }
    }
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File | undefined> {
  return new Promise((resolve) => entry.file(resolve, () => resolve(undefined)));
}
