// Which segments a commit rewrites. Small commits make small segments; a search and a cold start want few big ones. So
// segments live in tiers, each eight times the one below, and when a tier has eight they become one of the next.
// A row of a commit of 64 is thus written at most three times: with its commit, at 512 rows, and at 4,096.
import { MAX_SEGMENT_ROWS } from "./segment.ts";

/** Segments of one tier that become one. Also the ratio of two tiers; a power of two, for {@link tierOf}. */
const FAN_IN = 8;
const FULL_TIER = tierOf(MAX_SEGMENT_ROWS);
/**
 * Share of a segment's rows from which a commit writes the segment anew: then that frees at least as much as it writes, and less
 * than half of what is stored and scanned is ever dead.
 */
const MAX_DEAD_SHARE = 1 / 2;
/** Rows that one commit rewrites at most, so that it needs bounded memory and time: 25 MB of 384 dimensions. */
const MAX_REWRITTEN_ROWS = 4 * MAX_SEGMENT_ROWS;

export interface SegmentSize {
  readonly id: number;
  readonly rows: number;
  /** Rows that are not deleted; more than 0. */
  readonly live: number;
}

/** The segments that a commit of `freshRows` new rows should write anew together with them, oldest first. */
export function chooseMerge(segments: readonly SegmentSize[], freshRows: number): number[] {
  const chosen = new Set<number>();
  let rewritten = 0;
  const choose = ({ id, live }: SegmentSize) => {
    if (chosen.has(id) || rewritten + live > MAX_REWRITTEN_ROWS) return;
    chosen.add(id);
    rewritten += live;
  };
  for (const size of segments) {
    if (size.rows - size.live >= size.rows * MAX_DEAD_SHARE) choose(size);
  }
  for (let tier = 0; tier < FULL_TIER; tier++) {
    const peers = segments.filter(({ id, live }) => !chosen.has(id) && tierOf(live) === tier);
    const written = freshRows + rewritten;
    const joins = written > 0 && tierOf(written) === tier;
    if (peers.length + (joins ? 1 : 0) >= FAN_IN) peers.forEach(choose);
  }
  return segments.filter(({ id }) => chosen.has(id)).map(({ id }) => id);
}

/**
 * The segments that the next step of a compaction should write anew, oldest first: those with deleted rows, and those that are not
 * full where there are several. None where nothing can be gained. Each step leaves fewer of them.
 */
export function chooseCompaction(segments: readonly SegmentSize[]): number[] {
  const wanting = segments.filter(({ rows, live }) => live < rows || live < MAX_SEGMENT_ROWS);
  if (wanting.length < 2 && wanting.every(({ rows, live }) => live === rows)) return [];
  let rewritten = 0;
  const end = wanting.findIndex(({ live }) => (rewritten += live) > MAX_REWRITTEN_ROWS);
  return wanting.slice(0, end < 0 ? undefined : end).map(({ id }) => id);
}

/** 0 for 1 to 7 rows, 1 for 8 to 63, and so on. */
function tierOf(rows: number): number {
  return Math.floor((31 - Math.clz32(rows)) / 3);
}
