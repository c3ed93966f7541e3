import type { EntryBlock, StoreToken } from "@nearfield/core";
import type { ScannerChoice } from "@nearfield/scan";
import { Supervisor, type CallOptions, type SupervisorOptions } from "@nearfield/link";
import type {
  IndexCalls,
  IndexContents,
  IndexEntry,
  IndexHit,
  IndexReport,
  Precision,
  RepairReport,
  SearchAnswer,
  StorageChoice,
} from "./calls.ts";
import type { Holding } from "./exchange/holding.ts";
import type { Durability } from "./indexed-db/connection.ts";
import type { Filter } from "./filter.ts";
import { checkFilter } from "./filter/check.ts";
import { recallLastSeen, rememberLastSeen } from "./last-seen.ts";
import { recallScanner, rememberScanner } from "./scanner-note.ts";

/**
 * How long an aborted call may go on in the worker. Longer than the longest transaction: a commit that ends late is in
 * nobody's way, while a fresh worker would have to read the whole index again.
 */
const PATIENCE_MS = 30_000;

export interface IndexClientOptions {
  readonly name: string;
  readonly dimensions: number;
  /** Names the embedding space; an index of another is refused with `MODEL_MISMATCH`. */
  readonly fingerprint: string;
  /** Keeps the words of passages too, so that {@link IndexClient.search} takes a text. */
  readonly lexical?: boolean | undefined;
  /** What payloads from a file have to be. Default: anything. */
  readonly holding?: Holding | undefined;
  /** Default `exact`. */
  readonly precision?: Precision | undefined;
  /** Default `strict`. */
  readonly durability?: Durability | undefined;
  /** Default `browser`. With `memory` the index dies with its worker, and nothing of it is stored, not even that it was there. */
  readonly storage?: StorageChoice | undefined;
  /** Starts the worker; called again after it died. Default: {@link spawnIndexWorker}. */
  readonly spawn?: (() => Worker) | undefined;
  /** Called with every new state of the index that this client hears of. */
  readonly onReport?: ((report: IndexReport) => void) | undefined;
  readonly onLife?: SupervisorOptions<IndexCalls>["onLife"];
}

/**
 * The index of one name, in a worker of its own. The worker starts, and the index opens, at the first call; after the
 * worker died, the next call starts another one, which answers the same. Ports of {@link connect} end with their worker.
 *
 * Rejections: those of `FlatIndex`, and of link's `Supervisor` (`ABORTED`, `TIMEOUT`, `WORKER_LOST`, `WORKER_UNAVAILABLE`).
 */
export class IndexClient {
  readonly #options: IndexClientOptions;
  readonly #spawn: () => Worker;
  readonly #supervisor: Supervisor<IndexCalls>;
  /** Where the index is kept in memory alone: how far it had got. */
  #inMemory: StoreToken | undefined;
  /** The measurement that is noted. */
  #choice: ScannerChoice | undefined;

  constructor(options: IndexClientOptions) {
    this.#options = options;
    this.#spawn = options.spawn ?? spawnIndexWorker;
    const { name, dimensions, fingerprint, lexical, holding, precision, durability, storage } =
      options;
    const input = {
      name,
      dimensions,
      fingerprint,
      lexical,
      holding,
      precision,
      durability,
      storage,
    };
    this.#supervisor = new Supervisor<IndexCalls>({
      spawn: this.#spawn,
      onLife: options.onLife,
      patienceMs: PATIENCE_MS,
      prepare: async (connection) => {
        const lastSeen: StoreToken | undefined = recallLastSeen(name);
        const choice = recallScanner(dimensions);
        const lastInMemory = this.#inMemory;
        this.#choice = choice;
        this.#tell(await connection.call("open", { ...input, lastSeen, lastInMemory, choice }));
      },
    });
  }

  /** How many workers there have been: after it grew, ports of {@link connect} have to be asked for anew. */
  get generation(): number {
    return this.#supervisor.generation;
  }

  /** Opens the index, which any other call does too, and reports on it. */
  open(): Promise<IndexReport> {
    return this.report();
  }

  /** A port on which the index worker serves `IngestCalls` of core, for a document worker to be given. */
  async connect(): Promise<MessagePort> {
    const { port1, port2 } = new MessageChannel();
    await this.#supervisor.call("connect", { port: port1 }, { transfer: [port1] });
    return port2;
  }

  /** By a vector, by the words of a text, or by both. */
  async search(
    vector: Float32Array | undefined,
    limit: number,
    {
      filter: given,
      text,
      signal,
    }: {
      readonly filter?: Filter | undefined;
      readonly text?: string | undefined;
      readonly signal?: AbortSignal | undefined;
    } = {},
  ): Promise<SearchAnswer> {
    // Here too, so that what can not be sent to a worker is told by field.
    const filter = given === undefined ? undefined : checkFilter(given);
    const answer = await this.#supervisor.call(
      "search",
      { vector, text, limit, filter },
      { signal },
    );
    this.#tell(answer.report);
    return answer;
  }

  async searchBatch(
    vectors: readonly Float32Array[],
    limit: number,
    options: {
      readonly filter?: Filter | undefined;
      readonly signal?: AbortSignal | undefined;
    } = {},
  ): Promise<{
    readonly answers: readonly (readonly IndexHit[])[];
    readonly report: IndexReport;
  }> {
    const filter = options.filter === undefined ? undefined : checkFilter(options.filter);
    const { signal } = options;
    const answer = await this.#supervisor.call(
      "searchBatch",
      { vectors, limit, filter },
      { signal },
    );
    this.#tell(answer.report);
    return answer;
  }

  /** With `transfer` the buffers named there are moved to the worker instead of copied. */
  async commit(
    block: EntryBlock,
    options: Pick<CallOptions<never>, "signal" | "transfer"> = {},
  ): Promise<IndexReport> {
    return this.#tell(await this.#supervisor.call("commit", block, options));
  }

  async remove(
    ids: readonly string[],
  ): Promise<{ readonly removed: number; readonly report: IndexReport }> {
    const answer = await this.#supervisor.call("remove", { ids });
    this.#tell(answer.report);
    return answer;
  }

  get(ids: readonly string[]): Promise<readonly (IndexEntry | null)[]> {
    return this.#supervisor.call("get", { ids });
  }

  contents(from: number, limit: number): Promise<IndexContents> {
    return this.#supervisor.call("contents", { from, limit });
  }

  missing(entries: IndexContents["entries"]): Promise<readonly string[]> {
    return this.#supervisor.call("missing", entries);
  }

  list(): Promise<readonly string[]> {
    return this.#supervisor.call("list", null);
  }

  async report(): Promise<IndexReport> {
    return this.#tell(await this.#supervisor.call("report", null));
  }

  async compact(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<IndexReport> {
    return this.#tell(await this.#supervisor.call("compact", null, options));
  }

  async repair(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<RepairReport> {
    const answer = await this.#supervisor.call("repair", null, options);
    this.#tell(answer.report);
    return answer;
  }

  /** All that can be found, as one file. */
  export(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<Blob> {
    return this.#supervisor.call("export", null, options);
  }

  /** Puts what a file holds in the place of all that is stored, wholly or not at all. */
  async import(
    file: Blob,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<IndexReport> {
    return this.#tell(await this.#supervisor.call("import", { file }, options));
  }

  /** Deletes all that is stored under the name, also what can not be opened, and closes. Where it is in memory, it only closes. */
  async destroy(): Promise<void> {
    this.close();
    // What is stored under this name is another index.
    if (this.#options.storage === "memory") return;
    // In a worker of its own, since ours may be one that refuses to open just this index.
    await destroyIndexNamed(this.#options.name, this.#spawn);
  }

  /** Ends the worker; what is pending rejects with `CLOSED`. Idempotent. */
  close(): void {
    this.#supervisor[Symbol.dispose]();
  }

  #tell(report: IndexReport): IndexReport {
    const { lineage, generation, persistence, choice } = report;
    if (persistence !== "ephemeral") {
      rememberLastSeen(this.#options.name, report);
      if (choice && choice.reason !== this.#choice?.reason) rememberScanner(choice);
      this.#choice = choice;
    } else if (generation > 0) this.#inMemory = { lineage, generation };
    this.#options.onReport?.(report);
    return report;
  }
}

/**
 * Deletes all that is stored under `name`, whether it can be opened or not: an index of another model, of a newer
 * version, or a damaged one. An unknown name is no error.
 * @throws RetrievalError `STORAGE_UNAVAILABLE`, `WORKER_*`, `TIMEOUT`
 */
export async function destroyIndexNamed(
  name: string,
  spawn: () => Worker = spawnIndexWorker,
): Promise<void> {
  // Not `using`: what stands for it in older browsers makes half a kilobyte of the page's part.
  const supervisor = new Supervisor<IndexCalls>({ spawn });
  try {
    await supervisor.call("destroy", { name });
  } finally {
    supervisor[Symbol.dispose]();
    // Also where the browser refuses: who gave the data up must be able to go on without it.
    rememberLastSeen(name, undefined);
  }
}

/** Starts the index worker from where this package is served. */
export function spawnIndexWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}
