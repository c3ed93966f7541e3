/** The k greatest numbers met so far; the least of them is what a row has to reach. */
export class Bar {
  readonly #heap: Float64Array;

  constructor(k: number) {
    this.#heap = new Float64Array(k).fill(-Infinity);
  }

  /** -Infinity as long as there are fewer than k. */
  get least(): number {
    return this.#heap[0] as number;
  }

  /** Takes a number in if it is greater than the least. NaN is not. */
  raise(value: number): void {
    const heap = this.#heap;
    if (!(value > (heap[0] as number))) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if (value <= (heap[child] as number)) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = value;
  }
}
