import type { KernelMemory } from "../memory.ts";

/** Rows per call of a kernel: what bounds the room for candidates. A multiple of 16. */
export const STEP_ROWS = 4096;
/** Kernels read what they keep per row for so many rows at a time. */
export const GROUP_ROWS = 16;
/** One-bit codes are laid out and scanned for so many rows at a time. */
export const TILE_ROWS = 32;

/** Addresses that all kernels share. */
export interface Scratch {
  /** 32 scores of 4 bytes. */
  readonly group: number;
  /** The bitmap of one step. */
  readonly allowed: number;
  /** Rows of the candidates of one step, as u32. */
  readonly found: number;
  /** Upper bounds of their scores, as f64. */
  readonly uppers: number;
}

export function allocateScratch(memory: KernelMemory): Scratch {
  return {
    group: memory.allocate(TILE_ROWS * 4),
    allowed: memory.allocate(STEP_ROWS / 8),
    found: memory.allocate(STEP_ROWS * 4),
    uppers: memory.allocate(STEP_ROWS * 8),
  };
}

/** The k greatest lower bounds met so far in one search: a min-heap of f64 at `at`, `-Infinity` where there is none yet. */
export interface Heap {
  readonly at: number;
  readonly k: number;
}

/** What a pass has to know of a block. */
export interface ScannedBlock {
  readonly count: number;
  /** Bytes of kernel memory, and whatever else the block holds. */
  readonly byteLength: number;
}

/** A block of rows in the form that a kernel scans. */
export interface EncodedBlock extends ScannedBlock {
  /** The row as it was added, valid until memory grows: where the kernel scans the rows themselves. */
  readonly row?: (row: number) => Float32Array;
  /** Gives the memory back. */
  free: () => void;
}

/** A query in the form that a kernel takes, for the blocks of one format. */
export interface PreparedQuery<Block extends ScannedBlock> {
  /** What one unit of its bounds stands for, as a score. */
  readonly unit: number;
  /**
   * Scans `size` <= {@link STEP_ROWS} rows of the block from `first` (a multiple of 32). Leaves candidates, counted from
   * `first`, in the scratch, raises the heap, and returns the number of candidates. `allowed` says whether the scratch holds
   * a bitmap for this step.
   */
  scan(block: Block, first: number, size: number, allowed: boolean, heap: Heap): number;
  /** Gives the memory back. */
  free: () => void;
}

/**
 * How rows lie in memory, and what a kernel can say about their scores: for each row an upper and a lower bound of what `dot`
 * would give, in a unit that is the same for all blocks of one search.
 */
export interface RowFormat<Block extends EncodedBlock> {
  /**
   * Encodes `count` rows and keeps nothing of `rows` itself.
   * @throws RetrievalError `INVALID_VECTOR` for a component that is not finite, `OUT_OF_MEMORY`.
   */
  encode(rows: Float32Array, count: number): Block;
  /** @throws RetrievalError `OUT_OF_MEMORY`. */
  prepare(query: Float32Array): PreparedQuery<Block>;
}
