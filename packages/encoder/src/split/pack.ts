import type { PassageSpan } from "@nearfield/core";
import { BREAK_COST, type Unit } from "./unit.ts";

export interface PackOptions {
  /** Tokens that a passage should have. */
  readonly targetTokens: number;
  /** No passage of more than one unit has more. */
  readonly maxTokens: number;
}

/**
 * Puts units together to passages so that the sum of two costs is least: how far each passage is from the target (its square,
 * relative), and how bad its first place is to begin at. Unlike filling up one passage after the other, this leaves no
 * stump at the end and prefers a paragraph's end nearby to a sentence's end at the very target.
 */
export function* pack(units: Iterable<Unit>, options: PackOptions): Generator<PassageSpan, void> {
  let waiting: Unit[] = [];
  for (const unit of joinTiny(units, options.targetTokens * TINY)) {
    waiting.push(unit);
    if (waiting.length < STRETCH) continue;
    const starts = findStarts(waiting, options);
    // What follows could still move the last two breaks; by then earlier ones have settled.
    const settled = starts[Math.max(1, starts.length - 2)] ?? waiting.length;
    yield* spansOf(waiting.slice(0, settled), starts);
    waiting = waiting.slice(settled);
  }
  yield* spansOf(waiting, findStarts(waiting, options));
}

/** How many units are looked at together, and the most that a passage may have: at least eight passages are seen. */
const STRETCH = 2048;
const MAX_UNITS = 256;
/** White space longer than this is a break by itself: a passage is a piece of the original text, gap included. */
const MAX_GAP = 256;
/** From this share of the target on, a passage ends before a heading of level 1 or 2. */
const FULL_ENOUGH = 0.5;
/** Cost of a passage that goes on over such a heading although little stands before it. */
const CROSSING_COST = 0.3;

/** Units that have less than this share of the target together are one: single letters, lines of a brace. */
const TINY = 1 / 16;

/** Joins neighbours that have at most `limit` tokens together, so that the costs below are seldom computed for crumbs. */
function* joinTiny(units: Iterable<Unit>, limit: number): Generator<Unit, void> {
  let last: Unit | undefined;
  for (const unit of units) {
    if (last && joins(last, unit, limit)) {
      last = { ...last, end: unit.end, tokens: last.tokens + unit.tokens };
      continue;
    }
    if (last) yield last;
    last = unit;
  }
  if (last) yield last;
}

function joins(before: Unit, unit: Unit, limit: number): boolean {
  if (unit.breakCost === BREAK_COST.heading || unit.start - before.end > MAX_GAP) return false;
  return before.tokens + unit.tokens <= limit;
}

/** Index of the first unit of each passage. */
function findStarts(units: readonly Unit[], options: PackOptions): readonly number[] {
  const { targetTokens, maxTokens } = options;
  const count = units.length;
  // Columns instead of objects: the inner loop reads each unit up to 256 times.
  const tokensOf = Float64Array.from(units, (unit) => unit.tokens);
  const breakCosts = Float64Array.from(units, (unit, i) => (i > 0 ? unit.breakCost : 0));
  const opensSection = Uint8Array.from(units, (unit) => (unit.opensSection ? 1 : 0));
  const gapBefore = Float64Array.from(
    units,
    ({ start }, i) => start - (units[i - 1]?.end ?? start),
  );
  // cost[k]: least cost of the first k units; from[k]: where the last of their passages starts.
  const cost = new Float64Array(count + 1);
  const from = new Uint32Array(count + 1);
  for (let k = 1; k <= count; k++) {
    let tokens = 0;
    let tokensAfterHeading = 0;
    let least = Infinity;
    const lowest = Math.max(0, k - MAX_UNITS);
    for (let i = k - 1; i >= lowest; i--) {
      if (i < k - 1) {
        if (tokens + (tokensOf[i] as number) > maxTokens) break;
        if ((gapBefore[i + 1] as number) > MAX_GAP) break;
        if (opensSection[i + 1] && tokensAfterHeading === 0) tokensAfterHeading = tokens;
      }
      tokens += tokensOf[i] as number;
      const crosses = tokensAfterHeading > 0;
      if (crosses && tokens - tokensAfterHeading >= FULL_ENOUGH * targetTokens) break;
      const miss = tokens / targetTokens - 1;
      const here =
        (cost[i] as number) +
        (breakCosts[i] as number) +
        (crosses ? CROSSING_COST : 0) +
        miss * miss;
      if (here < least) {
        least = here;
        from[k] = i;
      }
    }
    cost[k] = least;
  }
  const starts: number[] = [];
  for (let k = count; k > 0; k = from[k] as number) starts.push(from[k] as number);
  return starts.reverse();
}

/** The spans of those passages that lie within `units`. */
function* spansOf(units: readonly Unit[], starts: readonly number[]): Generator<PassageSpan, void> {
  for (const [passage, first] of starts.entries()) {
    const last = Math.min(starts[passage + 1] ?? units.length, units.length) - 1;
    if (first >= units.length) return;
    yield { start: (units[first] as Unit).start, end: (units[last] as Unit).end };
  }
}
