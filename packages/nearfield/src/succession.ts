import { asRetrievalError, isRetrievalError, loadPart, RetrievalError } from "@nearfield/core";
import { raceAbort } from "@nearfield/link";
import type { ModelChange, ModelChangeOptions } from "./change.ts";
import type { Serving } from "./serving.ts";
import type { ChangeStatus } from "./status.ts";

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** Waits for the end of a change where the old model is of no use. Else its failure is the answer. */
  readonly patient?: boolean | undefined;
}

/** What answers: one model's index and encoders and, where its change was begun, another's from some moment on. */
export class Succession {
  #serving: Serving;
  #change: ModelChange | undefined;
  #stalled: ChangeStatus | null = null;
  #isClosed = false;

  constructor(serving: Serving) {
    this.#serving = serving;
  }

  get serving(): Serving {
    return this.#serving;
  }

  /** Null where no change is under way. */
  get status(): ChangeStatus | null {
    return this.#change?.status() ?? this.#stalled;
  }

  /** Says that a change is wanted and can not begin: what the new model's name stands for is not known. */
  stall({ code, message }: RetrievalError): void {
    const { model: from, report } = this.#serving;
    const failure = { code, message };
    this.#stalled = { state: "failed", from, to: null, documents: 0, of: report.entries, failure };
  }

  /**
   * Begins to change the model; when it has begun, or could not, the status says so. Never rejects.
   * @returns a function that waits until the new one answers, or the change was given up; nor does that reject
   */
  async change(options: Omit<ModelChangeOptions, "from">): Promise<() => Promise<void>> {
    try {
      // Few pages ever change their model: the others need not carry this.
      const { ModelChange } = await loadPart(() => import("./change.ts"));
      const change = new ModelChange({ ...options, from: this.#serving });
      this.#change = change;
      const over = this.#follow(change);
      return () => over;
    } catch (thrown) {
      this.stall(asRetrievalError(thrown));
      return async () => {};
    }
  }

  async #follow(change: ModelChange): Promise<void> {
    try {
      const next = await change.done;
      if (this.#isClosed) return next.close();
      const old = this.#serving;
      this.#serving = next;
      this.#change = undefined;
      old.close();
      next.query.start().catch(() => {});
    } catch {
      // It stands in the status.
    }
  }

  /** Asks what answers now, and where that has just been replaced what answers then. `work` may be done twice. */
  async ask<T>(
    work: (serving: Serving) => Promise<T>,
    { signal, patient = false }: AskOptions = {},
  ): Promise<T> {
    for (;;) {
      const serving = this.#serving;
      try {
        return await work(serving);
      } catch (thrown) {
        if (signal?.aborted || !isRetrievalError(thrown)) throw thrown;
        if (serving !== this.#serving) continue;
        const change = this.#change;
        if (!change) throw thrown;
        // The index has moved from under us, and what follows is on its way.
        const hasMoved = thrown.code === "MODEL_MISMATCH";
        if (!hasMoved && !isOfModel(thrown)) throw thrown;
        if (!hasMoved && !patient) throw explain(thrown);
        await raceAbort(
          change.done.catch(() => {
            throw thrown;
          }),
          signal,
        );
      }
    }
  }

  /** Ends everything. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#change?.close();
    this.#serving.close();
  }
}

function isOfModel({ code }: RetrievalError): boolean {
  return code.startsWith("MODEL_") || code.startsWith("DEVICE_") || code === "EMBEDDING_INVALID";
}

function explain({ code, message }: RetrievalError): RetrievalError {
  return new RetrievalError(
    code,
    `the index is being encoded anew, and the model that made it can not be loaded: ${message}`,
    { repair: "Ask again when the change in status() is over." },
  );
}
