/**
 * A page that has not changed for so long is read again, sooner where that is quickly done; one that never rests is read all the
 * same, after some seconds.
 */
const QUIET_MS = { least: 50, most: 250 } as const;
const AT_MOST_MS = 4_000;

/** Reading a page that never rests may take this part of its time at the most. */
const MOST_OF_TIME = 0.2;

/** Nobody who asks is kept waiting for a reading that takes longer than this. */
const PATIENCE_MS = 1_000;

/** What may change which text is seen. */
const SEEN: MutationObserverInit = {
  subtree: true,
  childList: true,
  characterData: true,
  attributes: true,
  attributeFilter: ["hidden", "open", "class", "style", "aria-hidden", "inert", "slot"],
};

/** Has the page read when it is made, and again when it has changed and can be seen. One reading at a time. */
export class PageWatch {
  readonly #read: () => Promise<void>;
  readonly #observer = new MutationObserver((records) => this.#onRecords(records));
  readonly #ending = new AbortController();
  #timer: number | undefined;
  #reading: Promise<void> | undefined;
  /** The first and the last change that no reading has begun after. */
  #firstMs: number | undefined = performance.now();
  #lastMs = -Infinity;
  /** How long the last reading took. */
  #tookMs: number = QUIET_MS.least;

  /** @param read never rejects */
  constructor(read: () => Promise<void>) {
    this.#read = read;
    // The whole document: some pages put another body in place of the first.
    this.#observer.observe(document.documentElement, SEEN);
    const { signal } = this.#ending;
    document.addEventListener("visibilitychange", () => this.#lookIn(0), { signal });
    this.#lookIn(0);
  }

  /** Follows a shadow tree too. Again and again is no harm. */
  include(root: ShadowRoot): void {
    if (!this.#ending.signal.aborted) this.#observer.observe(root, SEEN);
  }

  /** Reads at once what has changed since the last reading; what is found there has a place in the page as it is now. */
  async catchUp(): Promise<void> {
    if (this.#tookMs > PATIENCE_MS) return;
    await this.#reading;
    if (this.#firstMs !== undefined && !this.#ending.signal.aborted) await this.#begin();
  }

  end(): void {
    this.#ending.abort();
    clearTimeout(this.#timer);
    this.#observer.disconnect();
  }

  #onRecords(records: readonly MutationRecord[]): void {
    if (!records.some(isOfPage)) return;
    this.#lastMs = performance.now();
    this.#firstMs ??= this.#lastMs;
    this.#lookIn(this.#quietMs);
  }

  get #quietMs(): number {
    return Math.min(QUIET_MS.most, Math.max(QUIET_MS.least, this.#tookMs));
  }

  /** A timer that runs looks by itself whether there is more: a page that changes all the time sets no more of them. */
  #lookIn(delayMs: number): void {
    this.#timer ??= window.setTimeout(() => {
      this.#timer = undefined;
      this.#look();
    }, delayMs);
  }

  #look(): void {
    if (this.#reading || this.#ending.signal.aborted) return;
    // Nobody asks a page that is not seen; it is looked at again when it is.
    if (this.#firstMs === undefined || document.hidden) return;
    const now = performance.now();
    const latest = this.#firstMs + Math.max(AT_MOST_MS, this.#tookMs / MOST_OF_TIME);
    const due = Math.min(this.#lastMs + this.#quietMs, latest);
    if (due > now) this.#lookIn(due - now);
    else void this.#begin();
  }

  #begin(): Promise<void> {
    this.#firstMs = undefined;
    const began = performance.now();
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
      this.#tookMs = performance.now() - began;
      if (this.#firstMs !== undefined) this.#lookIn(this.#quietMs);
    });
    return this.#reading;
  }
}

/** What stands in the head is not read, and neither is our own bar. */
function isOfPage({ target, addedNodes, removedNodes }: MutationRecord): boolean {
  if (target !== document.documentElement) return !document.head?.contains(target);
  const nodes = [...addedNodes, ...removedNodes];
  return nodes.length === 0 || nodes.some(({ nodeName }) => nodeName !== "NEARFIELD-FIND");
}
