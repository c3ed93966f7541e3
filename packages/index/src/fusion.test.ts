import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuse, type Candidate } from "./fusion.ts";

const of = (...pairs: readonly (readonly [number, number])[]): Candidate[] =>
  pairs.map(([dense, lexical], ordinal) => ({ id: "x", ordinal, dense, lexical }));

describe("fuse", () => {
  it("gives 1 to what is best by both, 0 to what is worst by both", () => {
    expect(fuse(of([0.9, 12], [0.1, 0], [0.5, 6]))).toEqual([1, 0, 0.5]);
  });

  it("ranks by one part alone where the other tells nothing apart", () => {
    expect(fuse(of([0.9, 0], [0.4, 0]))).toEqual([0.65, 0]);
    expect(fuse(of([0.4, 3], [0.4, 6]))).toEqual([0.825, 1]);
    expect(fuse(of([0.4, 0]))).toEqual([0.65]);
    expect(fuse([])).toEqual([]);
  });

  it("does not depend on how near to one another a model puts its vectors", () => {
    const plain = fuse(of([0.9, 3], [0.1, 4], [0.5, 0]));
    const near = fuse(of([0.99, 3], [0.91, 4], [0.95, 0]));
    near.forEach((score, at) => expect(score).toBeCloseTo(plain[at] as number, 12));
  });

  it("stays within 0 and 1, and never ranks what is better by both behind", () => {
    const part = fc.double({ min: -1, max: 1, noNaN: true });
    const pair = fc.tuple(
      part,
      part.map((value) => Math.abs(value) * 40),
    );
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 30 }), (pairs) => {
        const scores = fuse(of(...pairs));
        for (const [i, [dense, lexical]] of pairs.entries()) {
          expect(scores[i]).toBeGreaterThanOrEqual(0);
          expect(scores[i]).toBeLessThanOrEqual(1);
          for (const [j, other] of pairs.entries()) {
            if (dense >= other[0] && lexical >= other[1]) {
              expect(scores[i]).toBeGreaterThanOrEqual(scores[j] as number);
            }
          }
        }
      }),
      { seed: 1 },
    );
  });
});
