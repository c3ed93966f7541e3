import type { ScanTarget } from "@nearfield/core";
import {
  STEP_ROWS,
  type Heap,
  type PreparedQuery,
  type ScannedBlock,
  type Scratch,
} from "./formats/format.ts";
import type { KernelMemory } from "./memory.ts";

/**
 * The first step of a search is as small as this, and none is longer than a quarter of what was seen before: as long as the bar rises
 * fast, an old one lets too many rows pass.
 */
const LEAST_STEP_ROWS = 128;
/** Of one step all queries of a batch are answered while its rows are in a cache: half of what a small core has for itself. */
const BATCH_STEP_BYTES = 128 * 1024;

/** Rows that may be among the best, in the order of the scan, each with the upper bound of its score. */
export interface Candidates {
  readonly targets: number[];
  readonly rows: number[];
  /** In units of the prepared query. */
  readonly uppers: number[];
}

/** One query of a pass, with the greatest lower bounds and the candidates that it has met. */
export interface Asked<Block extends ScannedBlock> {
  readonly query: PreparedQuery<Block>;
  readonly heap: Heap;
  readonly candidates: Candidates;
}

export function noCandidates(): Candidates {
  return { targets: [], rows: [], uppers: [] };
}

/**
 * One pass over all targets for all queries. For each query what one step learns keeps rows of the next one out.
 *
 * @param blocks one for each target
 */
export function runPass<Block extends ScannedBlock>(
  memory: KernelMemory,
  scratch: Scratch,
  targets: readonly ScanTarget[],
  blocks: readonly Block[],
  asked: readonly Asked<Block>[],
): void {
  let seen = 0;
  for (const [target, block] of blocks.entries()) {
    const { count } = block;
    const most = asked.length > 1 ? batchStep(block) : STEP_ROWS;
    const allowed = targets[target]?.allowed;
    for (let first = 0; first < count;) {
      const size = Math.min(count - first, most, Math.max(LEAST_STEP_ROWS, floor32(seen / 4)));
      if (allowed)
        memory
          .bytes(scratch.allowed, STEP_ROWS / 8)
          .set(allowed.subarray(first / 8, Math.ceil((first + size) / 8)));
      for (const { query, heap, candidates } of asked) {
        const kept = query.scan(block, first, size, allowed !== undefined, heap);
        collect(memory, scratch, kept, target, first, candidates);
      }
      first += size;
      seen += size;
    }
  }
}

function collect(
  memory: KernelMemory,
  scratch: Scratch,
  kept: number,
  target: number,
  first: number,
  candidates: Candidates,
): void {
  if (kept === 0) return;
  const rows = memory.words(scratch.found, kept);
  const uppers = memory.doubles(scratch.uppers, kept);
  for (let i = 0; i < kept; i++) {
    candidates.targets.push(target);
    candidates.rows.push(first + (rows[i] as number));
    candidates.uppers.push(uppers[i] as number);
  }
}

function batchStep({ byteLength, count }: ScannedBlock): number {
  const rows = floor32(BATCH_STEP_BYTES / (byteLength / Math.max(1, count)));
  return Math.min(STEP_ROWS, Math.max(LEAST_STEP_ROWS, rows));
}

function floor32(rows: number): number {
  return Math.floor(rows / 32) * 32;
}
