/** Lets the newest of several efforts go on, and ends those before it. One line of efforts for each key. */
export class Latest {
  readonly #running = new Map<string, AbortController>();

  /** Begins an effort, and ends the one before it of this key. */
  begin(key: string): AbortController {
    this.#running.get(key)?.abort();
    const controller = new AbortController();
    this.#running.set(key, controller);
    return controller;
  }

  /** Forgets an effort that is over. */
  end(key: string, controller: AbortController): void {
    controller.abort();
    if (this.#running.get(key) === controller) this.#running.delete(key);
  }
}
