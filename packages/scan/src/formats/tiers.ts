import type { KernelMemory } from "../memory.ts";
import type { BitBlock, BitQuery } from "./bits.ts";
import { TILE_ROWS, type Heap, type PreparedQuery, type ScannedBlock } from "./format.ts";
import type { Int8Block, Int8Query } from "./int8.ts";

/** A block in two forms: a coarse one of which all is read, and a fine one for the rows that pass. */
export interface TieredBlock extends ScannedBlock {
  readonly coarse: BitBlock;
  readonly fine: Int8Block;
}

/** So many rows, or four times what is asked for, are refined before all others: their best are nearly the best of all. */
const SEED_ROWS = 64;

/** A query that takes several passes over the same targets, each with a fresh heap; the last one gives the candidates. */
export interface StagedQuery<Block extends ScannedBlock> {
  readonly stages: readonly PreparedQuery<Block>[];
  /** Gives the memory of all stages back. */
  free: () => void;
}

/**
 * Three passes. The first one estimates every row. The second one refines the rows with the greatest estimates: this sets a bar. The
 * third one refines all rows that are likely to reach it.
 *
 * @param coarse speaks in the unit of `fine`
 * @param limit of the search
 * @throws RetrievalError `OUT_OF_MEMORY`.
 */
export function inTiers(
  memory: KernelMemory,
  coarse: BitQuery,
  fine: Int8Query,
  blocks: readonly ScannedBlock[],
  limit: number,
): StagedQuery<TieredBlock> {
  const room = blocks.reduce((sum, { count }) => sum + roundUp(count), 0);
  const scores = memory.allocate(room * 4);
  const k = Math.min(room, Math.max(SEED_ROWS, 4 * limit));
  const best: Heap = { at: memory.allocate(k * 8), k };
  memory.doubles(best.at, k).fill(-Infinity);
  /** Where the scores of the next rows lie: each pass takes the rows in the same order. */
  const cursor = (): ((size: number) => number) => {
    let at = scores;
    return (size) => {
      const here = at;
      at += roundUp(size) * 4;
      return here;
    };
  };
  const [written, seeded, passed] = [cursor(), cursor(), cursor()];
  const leastOf = ({ at }: Heap): number => memory.doubles(at, 1)[0] as number;
  const free = (): void => {
    memory.free(scores);
    memory.free(best.at);
    coarse.free();
    fine.free();
  };
  const stage = (scan: PreparedQuery<TieredBlock>["scan"]): PreparedQuery<TieredBlock> => ({
    unit: fine.unit,
    scan,
    free,
  });
  let floor = -Infinity;
  const estimates = stage((block, first, size, isFiltered) => {
    coarse.estimate(block.coarse, first, size, isFiltered, best, written(size));
    return 0;
  });
  const seeds = stage((block, first, size, isFiltered, heap) => {
    const bar = leastOf(best);
    const count = coarse.pass(block.coarse, first, size, isFiltered, bar, seeded(size), false);
    fine.refine(block.fine, first, count, heap);
    floor = leastOf(heap);
    return 0;
  });
  // The seeds come again, and must not count twice: of them only the floor is left.
  const others = stage((block, first, size, isFiltered, heap) => {
    const bar = Math.max(floor, leastOf(heap));
    const count = coarse.pass(block.coarse, first, size, isFiltered, bar, passed(size), true);
    return fine.refine(block.fine, first, count, heap);
  });
  return { stages: [estimates, seeds, others], free };
}

function roundUp(rows: number): number {
  return Math.ceil(rows / TILE_ROWS) * TILE_ROWS;
}
