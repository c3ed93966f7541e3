import {
  checkFilter,
  type Durability,
  type Filter,
  type Precision,
  type StorageChoice,
} from "@nearfield/index";
import { checkDurability, checkKeys, checkPrecision, checkStorage, invalid } from "./check.ts";
import {
  checkName,
  checkSignal,
  DEFAULTS,
  requireSecureContext,
  type WorkerFactory,
} from "./options.ts";

export interface IndexOptions {
  /** Names the index: the same name opens the same index again. 1 to 200 characters. Not shared with `openSearch`. */
  readonly name: string;
  /** Length of the vectors, 1 to 4,096. An index keeps the length it was made with. */
  readonly dimensions: number;
  /**
   * `exact` (default): all vectors are in memory, and the nearest are found for certain. `compact`: a fraction of it is in memory; some
   * of the nearest may be missed, and `status().recall` says what share is found.
   */
  readonly precision?: Precision | undefined;
  /**
   * When a call counts as durable. `strict` (default): the disk has it. `relaxed`: the operating system has it; quicker on slow
   * disks, safe from a crash of the browser, not from a power failure.
   */
  readonly durability?: Durability | undefined;
  /**
   * `browser` (default): rows are kept in IndexedDB. `memory`: they live in a worker of this page and are gone with it; nothing of
   * them is stored, and an index of the same name that is stored is neither read nor changed.
   */
  readonly storage?: StorageChoice | undefined;
  /** A factory of the index worker, for bundlers that need the literal form in the app, Trusted Types, and extensions. */
  readonly workers?: { readonly index?: WorkerFactory | undefined } | undefined;
}

export interface IndexQueryOptions {
  /** How many hits at the most: 1 to 10,000, default 10. */
  readonly limit?: number | undefined;
  /** Only rows whose `fields` pass it are ranked. */
  readonly filter?: Filter | undefined;
  readonly signal?: AbortSignal | undefined;
}

const INDEX_LIMITS = {
  /** The longest vectors that embedding models of today give. */
  dimensions: 4_096,
  /** Each hit's fields are read from the store. */
  limit: 10_000,
} as const;

/** @throws RetrievalError `INVALID_OPTION`, `INSECURE_CONTEXT` */
export function checkIndexOptions(options: unknown): IndexOptions {
  const known = ["name", "dimensions", "precision", "durability", "storage", "workers"];
  const { name, dimensions, precision, durability, storage, workers } = checkKeys(
    "openIndex",
    options,
    known,
  );
  checkName(name);
  requireSecureContext();
  const { dimensions: most } = INDEX_LIMITS;
  if (!isWithin(dimensions, most)) {
    throw invalid("dimensions", `an integer from 1 to ${most}`, dimensions);
  }
  checkPrecision(precision);
  checkDurability(durability);
  checkStorage(storage);
  const { index } = checkKeys("workers of openIndex", workers, ["index"]);
  if (index !== undefined && typeof index !== "function") {
    throw invalid("workers.index", "a function that returns a new Worker", index);
  }
  return {
    name,
    dimensions,
    precision,
    durability,
    storage,
    workers: { index: index as WorkerFactory | undefined },
  };
}

/** @throws RetrievalError `INVALID_OPTION`, `INVALID_FILTER` */
export function checkIndexQuery(options: unknown): IndexQueryOptions & { readonly limit: number } {
  const known = ["limit", "filter", "signal"];
  const { limit = DEFAULTS.limit, filter, signal } = checkKeys("query", options, known);
  if (!isWithin(limit, INDEX_LIMITS.limit)) {
    throw invalid("limit", `an integer from 1 to ${INDEX_LIMITS.limit}`, limit);
  }
  checkSignal(signal);
  return { limit, filter: filter === undefined ? undefined : checkFilter(filter), signal };
}

export interface SignalOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The options of a call that takes a signal alone. @throws RetrievalError `INVALID_OPTION` */
export function checkSignalOptions(call: string, options: unknown): SignalOptions {
  const { signal } = checkKeys(call, options, ["signal"]);
  checkSignal(signal);
  return { signal };
}

function isWithin(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= most;
}
