/** Runs tasks one after the other. A task that fails does not keep the next from running. */
export class Queue {
  #tail: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => {});
    return result;
  }

  /** Fulfills when all that was asked before has settled. */
  async drain(): Promise<void> {
    await this.#tail;
  }
}
