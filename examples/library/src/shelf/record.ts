import { kindOf, type Kind } from "../read/kind.ts";

/**
 * `waiting`: its original is here, and it is still to be read. `stored`: it can be found. `failed`: it was not taken, and `problem`
 * says why. `leaving`: it was removed, and the index is still to be told.
 */
export type RecordState = "waiting" | "stored" | "failed" | "leaving";

/** What the library knows of a file, beside what the index holds of its text. */
export interface FileRecord {
  /** Its path as it was given, which is its document's id. */
  readonly id: string;
  readonly name: string;
  /** The folders that lead to it; "" for a file given by itself. */
  readonly folder: string;
  /** Undefined for a file of a kind that is not read: such a one has failed. */
  readonly kind: Kind | undefined;
  readonly bytes: number;
  /** Milliseconds since 1970; 0 where it is not known. */
  readonly modified: number;
  readonly added: number;
  readonly state: RecordState;
  readonly title: string | undefined;
  readonly problem: string | undefined;
  readonly collections: readonly string[];
  /** Whether the file itself is kept here, for showing it and for reading it again. */
  readonly hasOriginal: boolean;
}

/** Longer paths are cut at their beginning: an id has an end, and the name of the file tells most. */
const MAX_ID_LENGTH = 1_000;

/** What a record begins as, from a path alone. */
export function recordOf(path: string, type = ""): FileRecord {
  const id = path.slice(-MAX_ID_LENGTH);
  const cut = id.lastIndexOf("/");
  const name = id.slice(cut + 1) || id;
  return {
    id,
    name,
    folder: id.slice(0, Math.max(0, cut)),
    kind: kindOf(name, type),
    bytes: 0,
    modified: 0,
    added: Date.now(),
    state: "waiting",
    title: undefined,
    problem: undefined,
    collections: [],
    hasOriginal: false,
  };
}
