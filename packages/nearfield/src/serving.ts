import type { IndexCounts, ModelCard, Towers } from "@nearfield/core";
import { IndexClient, spawnIndexWorker, type IndexReport } from "@nearfield/index";
import { openTower } from "./encoder.ts";
import { DEFAULTS, type SearchOptions } from "./options.ts";
import type { SearchStatus } from "./status.ts";
import type { Tower } from "./tower.ts";

export interface ServingOptions {
  /** The name that the index is stored under. */
  readonly place: string;
  readonly fingerprint: string;
  readonly dimensions: number;
  /** Where it throws, the encoders fail with that. */
  readonly cards: () => Promise<Towers<ModelCard>>;
  readonly model: SearchStatus["model"];
  readonly options: SearchOptions;
}

/** An index and the two encoders of the model whose vectors it has. */
export class Serving {
  readonly place: string;
  readonly fingerprint: string;
  readonly model: SearchStatus["model"];
  readonly query: Tower;
  readonly document: Tower;
  readonly index: IndexClient;
  #report: IndexReport | undefined;

  constructor({ place, fingerprint, dimensions, cards, model, options }: ServingOptions) {
    this.place = place;
    this.fingerprint = fingerprint;
    this.model = model;
    const { workers } = options;
    const source = { cards };
    const own = { ...options, dimensions };
    this.index = new IndexClient({
      name: place,
      dimensions,
      fingerprint,
      holding: "documents",
      lexical: true,
      precision: options.precision,
      durability: options.durability,
      storage: options.storage,
      spawn: workers?.index ?? spawnIndexWorker,
      onReport: (report) => (this.#report = report),
    });
    this.query = openTower(source, own, "query", { spawn: workers?.query });
    this.document = openTower(source, own, "document", {
      spawn: workers?.document,
      connectIndex: () => this.index.connect(),
      idleMs: DEFAULTS.documentIdleMs,
    });
  }

  /** The latest state of the index, whoever changed it. Only after {@link open}. */
  get report(): IndexReport {
    return this.#report as IndexReport;
  }

  /** Opens the index. @throws RetrievalError what `IndexClient.open` throws */
  async open(): Promise<void> {
    try {
      await this.index.open();
    } catch (thrown) {
      this.close();
      throw thrown;
    }
  }

  /** Takes the counts of a commit, unless a report that came by another way is newer. */
  count(counts: IndexCounts | null): void {
    const { lineage, generation } = this.report;
    if (counts && (counts.lineage !== lineage || counts.generation > generation)) {
      this.#report = { ...this.report, ...counts };
    }
  }

  /** Ends the workers. Idempotent. */
  close(): void {
    this.query.close();
    this.document.close();
    this.index.close();
  }
}

/** What the status says of a model. */
export function describe(cards: Towers<ModelCard>, dimensions: number): SearchStatus["model"] {
  const { query, document } = cards;
  const pair = query === document ? undefined : { name: query.name, version: query.version };
  return { name: document.name, version: document.version, dimensions, query: pair };
}
