import {
  asRetrievalError,
  RetrievalError,
  type DocumentInput,
  type ModelCard,
} from "@nearfield/core";
import type {
  EncodeCallOptions,
  EncoderClient,
  EncoderStatus as ClientStatus,
  IngestCallOptions,
  IngestReport,
  LoadProgress,
  TextInput,
} from "@nearfield/encoder";
import { aborted, notify, raceAbort } from "@nearfield/link";
import type { EncoderStatus, ModelLoading } from "./status.ts";

export interface TowerOptions {
  /** Finds the card; asked again after a failure. */
  readonly card: () => Promise<ModelCard>;
  /** Makes the encoder of a card. It is the tower's from then on. */
  readonly open: (
    card: ModelCard,
    onLoadProgress: (progress: LoadProgress) => void,
  ) => EncoderClient;
  readonly onLoading?: ((loading: ModelLoading) => void) | undefined;
}

/** An encoder whose card may still have to be found. Calls wait for it, and report why it was not. */
export class Tower {
  readonly #options: TowerOptions;
  #opening: Promise<EncoderClient> | undefined;
  #client: EncoderClient | undefined;
  #card: ModelCard | undefined;
  #loading: ModelLoading | undefined;
  #failure: RetrievalError | undefined;
  #closed = false;

  constructor(options: TowerOptions) {
    this.#options = options;
  }

  /** Finds the card, and starts nothing. @throws RetrievalError what that can meet; `ABORTED`, `CLOSED` */
  async find(signal?: AbortSignal): Promise<void> {
    await this.#ask(signal, async () => {});
  }

  /** Names the model's vocabulary: equal for two models whose tokens are the same. @throws RetrievalError as {@link find} */
  async findVocabulary(): Promise<string> {
    await this.find();
    return (this.#card as ModelCard).tokenizer.sha256;
  }

  /** Loads the model. No call needs to wait for it. @throws RetrievalError what `encode` throws */
  async start(signal?: AbortSignal): Promise<void> {
    await this.#ask(signal, (client) => client.start(signal));
  }

  /** See `EncoderClient.encode`. @throws RetrievalError as that, and what finding the card can meet */
  encode(texts: readonly TextInput[], options: EncodeCallOptions = {}): Promise<Float32Array[]> {
    return this.#ask(options.signal, (client) => client.encode(texts, options));
  }

  /** See `EncoderClient.unknownShare`. @throws RetrievalError as {@link encode} */
  unknownShare(text: string, signal?: AbortSignal): Promise<number> {
    return this.#ask(signal, (client) => client.unknownShare(text, signal));
  }

  /** See `EncoderClient.ingest`. @throws RetrievalError as that, and what finding the card can meet */
  ingest(
    documents: readonly DocumentInput[],
    options: IngestCallOptions = {},
  ): Promise<IngestReport> {
    return this.#ask(options.signal, (client) => client.ingest(documents, options));
  }

  status(): EncoderStatus {
    const status = this.#client?.status() ?? this.#statusBefore();
    const model = this.#card ? { name: this.#card.name, version: this.#card.version } : null;
    const isLoading = status.state === "starting";
    const hasFailed = status.state === "failed";
    const { code, message } = this.#failure ?? {};
    return {
      ...status,
      model,
      loading: isLoading ? (this.#loading ?? null) : null,
      failure: hasFailed && code && message !== undefined ? { code, message } : null,
    };
  }

  /** Ends the worker. What is pending and what will be asked rejects with `CLOSED`. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#client?.close();
  }

  async #ask<T>(
    signal: AbortSignal | undefined,
    ask: (client: EncoderClient) => Promise<T>,
  ): Promise<T> {
    try {
      const answer = await ask(await raceAbort(this.#open(), signal));
      this.#failure = undefined;
      return answer;
    } catch (thrown) {
      if (this.#closed) throw closed();
      if (signal?.aborted) throw aborted(signal);
      this.#failure = asRetrievalError(thrown);
      throw this.#failure;
    }
  }

  #open(): Promise<EncoderClient> {
    if (this.#closed) return Promise.reject(closed());
    const opening = (this.#opening ??= this.#make());
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return opening;
  }

  async #make(): Promise<EncoderClient> {
    const { card, open } = this.#options;
    this.#failure = undefined;
    this.#tell({ stage: "resolve", loadedBytes: 0, totalBytes: 0, bytesPerSecond: null });
    this.#card = await card();
    if (this.#closed) throw closed();
    this.#client = open(this.#card, (progress) => this.#tell(progress));
    return this.#client;
  }

  #tell(loading: ModelLoading): void {
    this.#loading = loading;
    notify(this.#options.onLoading, loading);
  }

  /** While there is no card there is no worker. */
  #statusBefore(): ClientStatus {
    const state = this.#opening ? "starting" : this.#failure ? "failed" : "idle";
    return {
      state: this.#closed ? "closed" : state,
      rung: null,
      device: null,
      adapter: null,
      threads: null,
      reasons: [],
      plan: null,
      measured: null,
      knownAnswers: null,
      timings: null,
      notStored: null,
      queryStep: null,
    };
  }
}

function closed(): RetrievalError {
  return new RetrievalError("CLOSED", "the encoder was closed");
}
