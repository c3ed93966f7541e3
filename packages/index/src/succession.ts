// One index follows another: the database of the new one is filled while that of the old one answers, and one transaction on
// the old one is the switch. What is here looks at databases from outside, without opening them as indexes.
import {
  isRetrievalError,
  RetrievalError,
  sameToken,
  type ManifestRecord,
  type StoreToken,
} from "@nearfield/core";
import {
  Connection,
  quiet,
  type ConnectionOptions,
  type Transaction,
} from "./indexed-db/connection.ts";
import {
  createManifest,
  decodeManifest,
  encodeManifest,
  MOVED,
  type Manifest,
} from "./manifest.ts";
import { rememberLastSeen } from "./last-seen.ts";

/** What is stored under one name. */
export interface StoredIndex extends StoreToken {
  readonly fingerprint: string;
  readonly dimensions: number;
  readonly entries: number;
  /** It is being filled, and is not to be asked yet. */
  readonly isFilling: boolean;
  /** Its content has moved to another name; nothing is left of it. */
  readonly isMoved: boolean;
  /** What {@link noteIndex} has noted. */
  readonly note: unknown;
}

const LIMITS = { openTimeoutMs: 5_000, timeoutMs: 20_000, durability: "strict" } as const;
/** Clearing a large database is one transaction. */
const RETIRE_LIMITS = { ...LIMITS, timeoutMs: 120_000 } as const;
const TABLES = ["manifest", "segments", "bitmaps", "entries", "extras"] as const;
const MANIFEST_KEY = "manifest";
const NOTE_KEY = "note";

/**
 * What is stored under this name: null for nothing, `"unreadable"` for something that is damaged or of a newer version.
 * @throws RetrievalError `STORAGE_UNAVAILABLE`, `STORAGE_FULL`, `TIMEOUT` where the browser does not let us look
 */
export async function inspectIndex(name: string): Promise<StoredIndex | "unreadable" | null> {
  if (!(await exists(name))) return null;
  return within(name, LIMITS, (connection) =>
    connection.transact("readonly", ["manifest", "extras"], async (transaction) => {
      const bytes = quiet(transaction.objectStore("extras").get(NOTE_KEY));
      const record = (await manifestOf(transaction))?.record;
      if (!record) return null;
      const manifest = decode(record);
      if (!manifest) return "unreadable";
      const { lineage, generation, fingerprint, dimensions, entries, isFilling = false } = manifest;
      const isMoved = fingerprint.startsWith(MOVED);
      const note = parse(await bytes);
      return { lineage, generation, fingerprint, dimensions, entries, isFilling, isMoved, note };
    }),
  );
}

/** Keeps something with an index that whoever inspects it may want. Replaces what was noted before. */
export async function noteIndex(name: string, note: unknown): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(note));
  await within(name, LIMITS, (connection) =>
    connection.transact("readwrite", ["extras"], async (transaction) => {
      await transaction.objectStore("extras").put(bytes, NOTE_KEY);
    }),
  );
}

/**
 * Makes an empty index that says of itself that it is being filled, in the place of what has moved away or was being filled.
 * @throws RetrievalError `INTERNAL` where an index is there that counts; as {@link inspectIndex}
 */
export async function beginIndex(
  name: string,
  { fingerprint, dimensions, note }: Pick<StoredIndex, "fingerprint" | "dimensions" | "note">,
): Promise<void> {
  const manifest = { ...createManifest(fingerprint, dimensions), isFilling: true };
  // What was seen here before is gone on purpose.
  rememberLastSeen(name, undefined);
  await within(name, RETIRE_LIMITS, (connection) =>
    connection.transact("readwrite", TABLES, async (transaction) => {
      const record = (await manifestOf(transaction))?.record;
      const stored = record && decode(record);
      if (record && !(stored?.isFilling || stored?.fingerprint.startsWith(MOVED))) {
        throw new RetrievalError("INTERNAL", "an index that counts would be overwritten", {
          value: name,
        });
      }
      for (const table of TABLES) void quiet(transaction.objectStore(table).clear());
      const bytes = new TextEncoder().encode(JSON.stringify(note));
      void quiet(transaction.objectStore("extras").put(bytes, NOTE_KEY));
      await transaction.objectStore("manifest").put(encodeManifest(manifest), MANIFEST_KEY);
    }),
  );
}

/** Says of an index that was being filled that it counts, if it is the one of this lineage. What is open on it goes on. */
export async function finishIndex(name: string, lineage: string): Promise<void> {
  await within(name, LIMITS, (connection) =>
    connection.transact("readwrite", ["manifest"], async (transaction) => {
      const found = await manifestOf(transaction);
      const manifest = found && decode(found.record);
      if (!found || !manifest?.isFilling || manifest.lineage !== lineage) return;
      const { isFilling: _, ...rest } = manifest;
      const next = encodeManifest({ ...rest, generation: rest.generation + 1 });
      await transaction.objectStore("manifest").put(next, found.key);
    }),
  );
}

/**
 * Deletes all that an index has, if it is still in the state `token`, and leaves a mark that it has moved: who has it open
 * meets `MODEL_MISMATCH` from then on, and nothing that was acknowledged can have been missed. One transaction.
 * @returns false, with nothing changed, where it has got further
 * @throws RetrievalError as {@link inspectIndex}
 */
export async function retireIndex(name: string, token: StoreToken): Promise<boolean> {
  const isRetired = await within(name, RETIRE_LIMITS, (connection) =>
    connection.transact("readwrite", TABLES, async (transaction) => {
      const record = (await manifestOf(transaction))?.record;
      const manifest = record && decode(record);
      if (!manifest || !sameToken(manifest, token)) return false;
      for (const table of TABLES) void quiet(transaction.objectStore(table).clear());
      const moved: Manifest = {
        ...createManifest(MOVED + manifest.fingerprint, manifest.dimensions),
        lineage: manifest.lineage,
        generation: manifest.generation + 1,
      };
      await transaction.objectStore("manifest").put(encodeManifest(moved), MANIFEST_KEY);
      return true;
    }),
  );
  if (isRetired) rememberLastSeen(name, undefined);
  return isRetired;
}

/** Opening a database that is not there would make it. Where a browser does not tell, an empty one does no harm. */
async function exists(name: string): Promise<boolean> {
  if (typeof indexedDB === "undefined") return false;
  if (typeof indexedDB.databases !== "function") return true;
  const databases = await indexedDB.databases().catch(() => null);
  return databases === null || databases.some((one) => one.name === databaseName(name));
}

async function within<T>(
  name: string,
  limits: ConnectionOptions,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = new Connection(databaseName(name), limits);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

function databaseName(name: string): string {
  return `nearfield:${name}`;
}

/** The one manifest of a database, wherever it is kept. */
async function manifestOf(transaction: Transaction<"readonly" | "readwrite">) {
  const cursor = await transaction.objectStore("manifest").openCursor();
  return cursor ? { key: cursor.key, record: cursor.value } : undefined;
}

function decode(record: ManifestRecord): Manifest | null {
  try {
    return decodeManifest(record);
  } catch (thrown) {
    if (isRetrievalError(thrown)) return null;
    throw thrown;
  }
}

function parse(bytes: Uint8Array | undefined): unknown {
  try {
    return bytes && JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
