import { RetrievalError, type ErrorCode, type ModelFile } from "@nearfield/core";
import { fetchAll, type FetchAllOptions } from "./fetch-all.ts";

/** Files in memory, until they are released. */
export interface GatheredFiles {
  /** @throws RetrievalError `INTERNAL` for a file that was not asked for, or was released */
  readonly bytesOf: (file: ModelFile) => Uint8Array<ArrayBuffer>;
  /** Lets go of all bytes: two copies of a large model are too many. */
  readonly release: () => void;
  /** Of all files. */
  readonly byteLength: number;
  /** Why files are not kept for the next visit; null where all are. */
  readonly notStored: { readonly code: ErrorCode; readonly message: string } | null;
}

/**
 * Fetches all files of a model and holds them until they are released.
 * @throws RetrievalError as `fetchVerified`
 */
export async function gatherFiles(
  files: readonly ModelFile[],
  options: FetchAllOptions = {},
): Promise<GatheredFiles> {
  const wanted = [...new Set(files)];
  const fetched = await fetchAll(wanted, options);
  const bytes = new Map([...fetched].map(([file, verified]) => [file, verified.bytes]));
  const problem = [...fetched.values()].find(({ notStored }) => notStored)?.notStored;
  return {
    bytesOf: (file) => {
      const found = bytes.get(file);
      if (!found) throw new RetrievalError("INTERNAL", "a file of the model was not fetched");
      return found;
    },
    release: () => bytes.clear(),
    byteLength: wanted.reduce((sum, { byteLength }) => sum + byteLength, 0),
    notStored: problem ? { code: problem.code, message: problem.message } : null,
  };
}
