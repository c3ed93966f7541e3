import type { ModelCard, RepositoryCard, Towers } from "@nearfield/core";
import type { Shelf } from "../shelf.ts";
import type { StoreList } from "./contents.ts";
import type { HostOptions } from "./host.ts";
import type { ImportReport } from "./import.ts";
import type { ResolveOptions } from "./resolve.ts";

export interface ModelStoreOptions extends HostOptions {
  /** Where files are kept; `null` keeps nothing. Default: Cache Storage of this origin. */
  readonly cache?: Shelf | null | undefined;
}

/** Models by name, and the files of them that this origin keeps. Opening it costs nothing. */
export interface ModelStore {
  /**
   * The card of a model with every file pinned to a commit, its size and its hash: a built-in card by any of its names,
   * else what the repository's own files say; or the card that is given. What was learned is remembered: the second time needs no network, and a
   * branch that moved changes nothing until `refresh`.
   * @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED`, `MODEL_INVALID`, `MODEL_MISMATCH`, `MODEL_INTEGRITY`,
   * `MODEL_UNAVAILABLE`, `MODEL_UNAVAILABLE_OFFLINE`, `ABORTED`
   */
  resolve(
    model: string | RepositoryCard,
    options?: ResolveOptions,
  ): Promise<ModelCard | Towers<ModelCard>>;
  /** @throws RetrievalError `STORAGE_UNAVAILABLE` */
  list(): Promise<StoreList>;
  /**
   * Deletes what only this model needs, and what was learned of it.
   * @returns bytes that are free now
   * @throws RetrievalError `STORAGE_UNAVAILABLE`
   */
  evict(name: string): Promise<number>;
  /**
   * Deletes the beginnings of downloads.
   * @returns bytes that are free now
   * @throws RetrievalError `STORAGE_UNAVAILABLE`
   */
  evictUnfinished(): Promise<number>;
  /**
   * Stores files that a visitor picked. Each is known by its SHA-256, whatever its name.
   * @throws RetrievalError `MODEL_INTEGRITY` where a file has the name of one of the card's and other bytes;
   * `STORAGE_FULL`, `STORAGE_UNAVAILABLE`
   */
  importFiles(
    cards: ModelCard | readonly ModelCard[],
    files: Iterable<File>,
  ): Promise<ImportReport>;
}
