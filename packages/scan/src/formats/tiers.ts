import type { PreparedQuery, ScannedBlock } from "./format.ts";
import type { Int8Block, Int8Query } from "./int8.ts";

/** A block in two forms: a coarse one of which all is read, and a fine one for the rows that pass. */
export interface TieredBlock<Coarse extends ScannedBlock> extends ScannedBlock {
  readonly coarse: Coarse;
  readonly fine: Int8Block;
}

/**
 * Scans the coarse form against the bar that the fine form has set so far, and refines what passes at once: the bar rises with
 * each step, and fewer rows pass the next one.
 *
 * @param coarse speaks in the unit of `fine`, and does not raise the heap
 */
export function inTiers<Coarse extends ScannedBlock>(
  coarse: PreparedQuery<Coarse>,
  fine: Int8Query,
): PreparedQuery<TieredBlock<Coarse>> {
  return {
    unit: fine.unit,
    scan: (block, first, size, isFiltered, heap) => {
      const passed = coarse.scan(block.coarse, first, size, isFiltered, heap);
      return fine.refine(block.fine, first, passed, heap);
    },
    free: () => {
      coarse.free();
      fine.free();
    },
  };
}
