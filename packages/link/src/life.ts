import { asRetrievalError, type RetrievalError } from "@nearfield/core";
import { raceAbort } from "./abort.ts";
import { Connection } from "./connect.ts";
import { lost, silent } from "./failure.ts";
import type { Calls, CloneableCalls } from "./protocol.ts";
import { Watchdog } from "./watchdog.ts";

/** What a preparation has besides its connection. */
export interface Preparation {
  /** Aborts when this life ends: the supervisor was disposed, the worker died, the preparation was too silent. */
  readonly signal: AbortSignal;
  /** A sign of life, for work on the page. Each frame of the worker is one by itself, progress included. */
  readonly alive: () => void;
}

export type Prepare<C extends Calls<C> & CloneableCalls<C>> = (
  connection: Connection<C>,
  preparation: Preparation,
) => Promise<unknown>;

export interface LifeLimits {
  readonly startMs: number;
  readonly prepareMs: number;
  readonly patienceMs: number;
}

/**
 * One worker from its start to its end. However it ends, in one turn: the worker is terminated, `onEnd` is called, and
 * whoever waits for `prepared` or for an answer gets the failure.
 */
export class Life<C extends Calls<C> & CloneableCalls<C>> {
  readonly connection: Connection<C>;
  /** Fulfills when calls may be made; rejects with the failure that ended the life before. */
  readonly prepared: Promise<void>;
  /** Calls of the supervisor that wait for the preparation or for an answer. */
  calls = 0;
  readonly #over = new AbortController();
  #isPrepared = false;
  #silence: Watchdog | undefined;

  constructor(
    worker: Worker,
    limits: LifeLimits,
    prepare: Prepare<C> | undefined,
    onEnd: (failure: RetrievalError) => void,
  ) {
    const end = (failure: RetrievalError) => {
      worker.terminate();
      this.#silence?.stop();
      onEnd(failure);
      this.#over.abort(failure);
    };
    const { startMs, prepareMs, patienceMs } = limits;
    const onFrame = () => this.#silence?.alive();
    // No deadline of its own: the calls of a preparation have `prepareMs`, all others bring theirs.
    this.connection = new Connection(worker, end, { startMs, patienceMs, onFrame });
    // An error event does not say that the worker is dead, but its state is unknown from here on.
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      const problem = event.message || "the worker's script did not load";
      this.connection.fail(lost(this.connection.isReady, problem, event.error ?? undefined));
    });
    this.prepared = this.#prepare(prepare, prepareMs);
    this.prepared.catch(() => {}); // each caller sees the same failure through its own call
  }

  get isPrepared(): boolean {
    return this.#isPrepared;
  }

  async #prepare(prepare: Prepare<C> | undefined, prepareMs: number): Promise<void> {
    await this.connection.ready;
    const silence = new Watchdog(prepareMs, () =>
      this.connection.fail(silent("the preparation of the worker", prepareMs)),
    );
    this.#silence = silence;
    const { signal } = this.#over;
    try {
      // Raced, so that a preparation that does not look at its signal holds nobody back.
      const work = prepare?.(this.connection, { signal, alive: () => silence.alive() });
      await raceAbort(Promise.resolve(work), signal, () => signal.reason);
      this.#isPrepared = true;
    } catch (thrown) {
      // Its own code goes on to the callers; and the life ends, for the next call to get a fresh worker.
      const failure = asRetrievalError(thrown, "INTERNAL", "the worker could not be prepared");
      this.connection.fail(failure);
      throw failure;
    } finally {
      silence.stop();
    }
  }
}
