import { asRetrievalError, RetrievalError, type ErrorCode } from "@nearfield/core";
import { aborted, raceAbort } from "./abort.ts";
import type { Calls, CloneableCalls } from "./protocol.ts";
import type { LifeEvent, Supervisor } from "./supervisor.ts";

/** The order in which kinds of workers are tried: which one is in place, and what follows when it fails. */
export interface Course {
  /** What to tell the callers where nothing is left to try. */
  readonly defeat: RetrievalError | undefined;
  /** The worker in place has answered. */
  succeed(): void;
  /** It has failed. `wasReady`: it had been prepared before. */
  fail(failure: RetrievalError, wasReady: boolean): void;
}

/** `idle`: no worker, the next call starts one. `failed`: the last start failed; the next call tries again. */
export type RelayState = "idle" | "starting" | "ready" | "failed" | "closed";

export interface RelayOptions<C extends Calls<C> & CloneableCalls<C>, P extends Course> {
  /** Begins a course: at the first call, and after a defeat, since a network or a driver may have come back. */
  readonly plan: () => Promise<P>;
  /** The supervisor of the worker that is in place. Its `onLife` has to call the given function. */
  readonly begin: (course: P, onLife: (event: LifeEvent) => void) => Supervisor<C>;
  /** Codes after which a worker is of no use, although it answers. */
  readonly fatal: readonly ErrorCode[];
  /** Called when the worker in place is no longer prepared. */
  readonly onUnprepared?: (() => void) | undefined;
}

/**
 * Asks one kind of worker after another, until one answers or none is left. A worker that fails later is replaced in the same
 * way, and what was pending is asked again: only for calls that may be repeated.
 */
export class Relay<C extends Calls<C> & CloneableCalls<C>, P extends Course> implements Disposable {
  readonly #options: RelayOptions<C, P>;
  #planning: Promise<P> | undefined;
  #course: P | undefined;
  #supervisor: Supervisor<C> | undefined;
  #wasReady = false;
  #state: RelayState = "idle";

  constructor(options: RelayOptions<C, P>) {
    this.#options = options;
  }

  get state(): RelayState {
    return this.#state;
  }

  /** The course under way, or the last one; undefined before the first call. */
  get course(): P | undefined {
    return this.#course;
  }

  /**
   * Gives what `ask` gets of the worker in place.
   * @throws RetrievalError `ABORTED`, `CLOSED`, the course's defeat, and what is the caller's own of `ask`
   */
  async ask<T>(
    signal: AbortSignal | undefined,
    ask: (supervisor: Supervisor<C>) => Promise<T>,
  ): Promise<T> {
    this.#refuseClosed();
    const course = await raceAbort(this.#plan(), signal);
    for (;;) {
      this.#refuseClosed();
      if (signal?.aborted) throw aborted(signal);
      if (course.defeat) throw course.defeat; // perhaps by the failure of another call
      const supervisor = (this.#supervisor ??= this.#options.begin(course, this.#onLife));
      try {
        const answer = await ask(supervisor);
        course.succeed();
        return answer;
      } catch (thrown) {
        const failure = asRetrievalError(thrown);
        this.#refuseClosed();
        if (signal?.aborted) throw aborted(signal);
        // Another call may have left this worker already.
        if (this.#supervisor === supervisor) this.#judge(course, supervisor, failure);
      }
    }
  }

  /** Ends the worker. What is pending and what will be asked rejects with `CLOSED`. Idempotent. */
  [Symbol.dispose](): void {
    this.#state = "closed";
    this.#supervisor?.[Symbol.dispose]();
    this.#supervisor = undefined;
  }

  #plan(): Promise<P> {
    if (this.#course && !this.#course.defeat) return Promise.resolve(this.#course);
    this.#planning ??= this.#options
      .plan()
      .then((course) => {
        this.#course = course;
        if (course.defeat && this.#state !== "closed") this.#state = "failed";
        return course;
      })
      .finally(() => (this.#planning = undefined));
    return this.#planning;
  }

  readonly #onLife = ({ state }: LifeEvent): void => {
    if (this.#state === "closed" || state === "closed") return;
    if (state === "starting") this.#options.onUnprepared?.();
    if (state === "ready") this.#wasReady = true;
    // After a loss without a call there is no worker until the next call; with one, #judge says what follows.
    this.#state = state === "lost" ? "idle" : state;
  };

  /** Leaves the worker where `failure` is its own, and throws where it is the caller's. */
  #judge(course: P, supervisor: Supervisor<C>, failure: RetrievalError): void {
    const isLost = supervisor.life?.state === "lost";
    if (!isLost && !this.#options.fatal.includes(failure.code)) throw failure;
    course.fail(failure, this.#wasReady);
    supervisor[Symbol.dispose]();
    this.#supervisor = undefined;
    this.#wasReady = false;
    this.#options.onUnprepared?.();
    this.#state = course.defeat ? "failed" : "starting";
  }

  #refuseClosed(): void {
    if (this.#state === "closed") throw new RetrievalError("CLOSED", "it was closed");
  }
}
