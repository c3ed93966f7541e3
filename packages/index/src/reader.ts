import { sameToken, type RecordRead, type SegmentStore } from "@nearfield/core";
import type { IndexEntry, IndexHit, IndexReport } from "./calls.ts";
import { OVERTAKEN } from "./load.ts";
import { readEntry, readPayloads } from "./payload.ts";
import type { Ranked } from "./ranking.ts";
import { MAX_REDOS, overtaken, type Replica } from "./replica.ts";
import { UnreadableRows } from "./stored-rows.ts";

/** What a {@link Reader} reads from. */
export interface ReaderParts {
  readonly store: SegmentStore;
  readonly replica: Replica;
  /** Runs what changes the replica, one after the other; rejects with `CLOSED` once the index is closed. */
  readonly enqueue: <T>(task: () => Promise<T>) => Promise<T>;
  /** @throws RetrievalError `CLOSED` */
  readonly assertOpen: () => void;
}

/** Ranks the memory as it is: a list for each query. */
export type Rank = () => Promise<readonly (readonly Ranked[])[]>;

export interface Answer {
  /** In the order of the queries. */
  readonly answers: readonly (readonly IndexHit[])[];
  readonly report: IndexReport;
  readonly readMs: number;
}

/** Answers from memory and store together, each time as of one moment, while others may write to the store. */
export class Reader {
  readonly #store: SegmentStore;
  readonly #replica: Replica;
  readonly #enqueue: ReaderParts["enqueue"];
  readonly #assertOpen: ReaderParts["assertOpen"];

  constructor({ store, replica, enqueue, assertOpen }: ReaderParts) {
    this.#store = store;
    this.#replica = replica;
    this.#enqueue = enqueue;
    this.#assertOpen = assertOpen;
  }

  /** Ranks, and reads what was found, until both are of one state. `prepare` gives what ranks the memory as it is then. */
  async answer(prepare: () => Promise<Rank>): Promise<Answer> {
    this.#assertOpen();
    const replica = this.#replica;
    let isFresh = replica.isStale;
    if (isFresh) await this.#enqueue(() => replica.catchUp());
    for (let redo = 0; redo < MAX_REDOS; redo++) {
      const rank = await prepare();
      this.#assertOpen();
      // One look at the memory, then one at the store. If the store has not moved on, what was ranked is what is stored. If
      // it has, and we have caught up since the call came, the ranking is of a moment within the call all the same.
      const state = replica.manifest;
      const report = replica.report();
      const ranked = await this.#rank(rank);
      if (ranked === OVERTAKEN) {
        isFresh = false;
        continue;
      }
      const rankedAt = performance.now();
      const recorded = ranked.flat().filter(({ bare }) => !bare);
      const hashes = new Map(recorded.map(({ id, hash }) => [id, hash]));
      // With no record to read, it is the manifest alone that is looked at.
      const { manifest, records } = await this.#store.read("entries", [...hashes.keys()]);
      const isCurrent = sameToken(manifest, state);
      if (isCurrent || isFresh) {
        const { payloads, unsound } = readPayloads(hashes, records);
        if (unsound.length === 0) {
          const hitOf = ({ id, ordinal, score, parts, bare }: Ranked): IndexHit => {
            return { id, ordinal, score, parts, payload: bare ? bare.payload : payloads.get(id) };
          };
          const readMs = performance.now() - rankedAt;
          return { answers: ranked.map((rows) => rows.map(hitOf)), report, readMs };
        }
        if (isCurrent) {
          await this.#enqueue(async () => replica.lose(state, unsound));
          continue;
        }
      }
      await this.#enqueue(() => replica.catchUp());
      isFresh = true;
    }
    throw overtaken();
  }

  /** What is stored under these ids; `null` for an unknown one and for one whose record is damaged. */
  async get(ids: readonly string[]): Promise<(IndexEntry | null)[]> {
    const replica = this.#replica;
    for (let redo = 0; redo < MAX_REDOS; redo++) {
      await this.#enqueue(() => replica.catchUp());
      const state = replica.manifest;
      const found = new Map<string, IndexEntry>();
      for (const id of ids) {
        const bare = replica.image.bare(id);
        if (bare) found.set(id, { id, ...bare });
      }
      const recorded = ids.filter((id) => !found.has(id));
      const { manifest, records } = await this.#store.read("entries", recorded);
      if (!sameToken(manifest, state)) continue;
      recorded.forEach((id, at) => {
        const entry = readEntry(id, records[at] as RecordRead);
        if (entry) found.set(id, entry);
      });
      return ids.map((id) => found.get(id) ?? null);
    }
    throw overtaken();
  }

  /** One look at the memory. Where rows can not be read, it is brought up to date, without them if they are damaged. */
  async #rank(rank: Rank): Promise<readonly (readonly Ranked[])[] | typeof OVERTAKEN> {
    const replica = this.#replica;
    const state = replica.manifest;
    try {
      const { revision } = replica.image;
      const ranked = await rank();
      // Two rankings of two moments would be fused, and numbers of rows mean others by now.
      return replica.image.revision === revision ? ranked : OVERTAKEN;
    } catch (thrown) {
      if (!(thrown instanceof UnreadableRows)) throw thrown;
      const { segment } = thrown;
      await this.#enqueue(async () => {
        await replica.catchUp();
        // Nobody else has changed it: then it is damaged.
        const isOurs = segment !== undefined && sameToken(state, replica.manifest);
        if (isOurs) replica.drop(new Set([segment]));
      });
      return OVERTAKEN;
    }
  }
}
