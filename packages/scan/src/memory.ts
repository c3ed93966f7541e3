import { RetrievalError } from "@nearfield/core";

const PAGE_BYTES = 65_536;
/** 4 GiB, all that a 32-bit module can address. */
const MAX_PAGES = 65_536;
/** A cache line; more than any SIMD load asks for. */
const ALIGNMENT = 64;

/**
 * A copy of `rows` in memory of its own.
 * @throws RetrievalError `OUT_OF_MEMORY`.
 */
export function copyRows(rows: Float32Array): Float32Array {
  try {
    return rows.slice();
  } catch (cause) {
    throw outOfMemory(`${rows.byteLength} bytes more`, cause);
  }
}

function outOfMemory(value: string, cause: unknown): RetrievalError {
  return new RetrievalError("OUT_OF_MEMORY", "the memory for vectors can not grow", {
    value,
    repair: "Keep fewer passages, or vectors of fewer dimensions.",
    cause,
  });
}

interface Region {
  readonly at: number;
  readonly byteLength: number;
}

/**
 * First-fit allocator over one `WebAssembly.Memory`. Freed regions join with their neighbours and are used again; the memory
 * grows only when none is large enough. A memory can not shrink: it keeps the size of its fullest moment.
 *
 * Growing detaches every view, so a view lives only until the next `allocate`.
 */
export class KernelMemory {
  readonly memory: WebAssembly.Memory;
  readonly #sizes = new Map<number, number>();
  /** In ascending order, none adjacent to the next. */
  #free: Region[];

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES });
    // The first bytes stay unused: a pointer of 0 means "none".
    this.#free = [{ at: ALIGNMENT, byteLength: PAGE_BYTES - ALIGNMENT }];
  }

  /**
   * Address of `byteLength` bytes, aligned to 64; what lies there is not zeroed.
   * @throws RetrievalError `OUT_OF_MEMORY` when the memory can not grow enough; nothing has changed then.
   */
  allocate(byteLength: number): number {
    const needed = Math.max(ALIGNMENT, Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT);
    let index = this.#free.findIndex((region) => region.byteLength >= needed);
    if (index < 0) {
      this.#grow(needed);
      index = this.#free.length - 1;
    }
    const { at, byteLength: room } = this.#free[index] as Region;
    const rest = { at: at + needed, byteLength: room - needed };
    this.#free.splice(index, 1, ...(rest.byteLength > 0 ? [rest] : []));
    this.#sizes.set(at, needed);
    return at;
  }

  /** Frees what `allocate` gave. */
  free(at: number): void {
    const byteLength = this.#sizes.get(at);
    if (byteLength === undefined) return;
    this.#sizes.delete(at);
    this.#release({ at, byteLength });
  }

  floats(at: number, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.memory.buffer, at, length);
  }

  doubles(at: number, length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.memory.buffer, at, length);
  }

  words(at: number, length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.memory.buffer, at, length);
  }

  shorts(at: number, length: number): Int16Array<ArrayBuffer> {
    return new Int16Array(this.memory.buffer, at, length);
  }

  bytes(at: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.memory.buffer, at, length);
  }

  #grow(needed: number): void {
    const end = this.memory.buffer.byteLength;
    const last = this.#free.at(-1);
    const atEnd = last && last.at + last.byteLength === end ? last.byteLength : 0;
    const pages = Math.ceil((needed - atEnd) / PAGE_BYTES);
    try {
      this.memory.grow(pages);
    } catch (cause) {
      throw outOfMemory(`${pages * PAGE_BYTES} bytes more than ${end}`, cause);
    }
    this.#release({ at: end, byteLength: pages * PAGE_BYTES });
  }

  #release(region: Region): void {
    let index = this.#free.findIndex(({ at }) => at > region.at);
    if (index < 0) index = this.#free.length;
    const before = this.#free[index - 1];
    const after = this.#free[index];
    let { at, byteLength } = region;
    let first = index;
    let replaced = 0;
    if (before && before.at + before.byteLength === at) {
      at = before.at;
      byteLength += before.byteLength;
      first--;
      replaced++;
    }
    if (after && region.at + region.byteLength === after.at) {
      byteLength += after.byteLength;
      replaced++;
    }
    this.#free.splice(first, replaced, { at, byteLength });
  }
}
