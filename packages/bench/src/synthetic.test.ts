import { dot, norm } from "@nearfield/core";
import { expect, test } from "vitest";
import { clusteredSet, randomSet } from "./synthetic.ts";

const shape = { count: 400, queries: 20, dimensions: 64 };

test.for([randomSet, clusteredSet])("%o: unit vectors, the same each time", (make) => {
  const [first, second] = [make(shape), make(shape)];
  expect(first.rows).toEqual(second.rows);
  expect(first.queries).toEqual(second.queries);
  expect(first.rows.length).toBe(shape.count * shape.dimensions);
  expect(first.queries.length).toBe(shape.queries * shape.dimensions);
  for (const set of [first.rows, first.queries]) {
    for (let at = 0; at < set.length; at += shape.dimensions) {
      expect(norm(set.subarray(at, at + shape.dimensions))).toBeCloseTo(1, 5);
    }
  }
});

test("random directions have nothing in common; topics have", () => {
  const closest = ({ rows, queries }: ReturnType<typeof randomSet>): number => {
    const { dimensions, count } = shape;
    const query = queries.subarray(0, dimensions);
    const scores = Array.from({ length: count }, (_, row) =>
      dot(query, rows.subarray(row * dimensions, (row + 1) * dimensions)),
    );
    return Math.max(...scores);
  };
  expect(closest(randomSet(shape))).toBeLessThan(0.6);
  expect(closest(clusteredSet(shape))).toBeGreaterThan(0.6);
});
