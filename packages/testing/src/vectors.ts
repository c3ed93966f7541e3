import { normalize } from "@nearfield/core";
import { seededRandom, type SeededRandom } from "./seeded.ts";

const LEAST_FLOAT = 2 ** -149;
const GREATEST_FLOAT = (2 - 2 ** -23) * 2 ** 127;

/** Fills one row. What the rows of a set have in common comes from `common`, a set of its own random numbers. */
type Shape = (row: Float32Array, random: SeededRandom, common: SeededRandom) => void;

const fill = (row: Float32Array, component: (j: number) => number): void => {
  for (let j = 0; j < row.length; j++) row[j] = component(j);
};

/** Sets of vectors on which scanners have gone wrong, or could. */
export type VectorShape =
  | "gaussian"
  | "anisotropic"
  | "clustered"
  | "duplicated"
  | "a hair apart"
  | "whole numbers"
  | "denormal"
  | "tiny"
  | "huge"
  | "near overflow"
  | "largest floats"
  | "mixed lengths"
  | "cancelling"
  | "mostly zero"
  | "zero";

const SHAPES: Record<VectorShape, Shape> = {
  gaussian: (row, { normal }) => {
    fill(row, normal);
    normalize(row);
  },
  /** A common mean and a falling spectrum, as encoders give them. */
  anisotropic: (row, { normal }, common) => {
    fill(row, (j) => (common.normal() * 0.5 + normal()) * (j + 1) ** -0.55);
    normalize(row);
  },
  clustered: (row, { normal, integer }, common) => {
    const cluster = integer(4);
    fill(row, () => {
      const centers = [common.normal(), common.normal(), common.normal(), common.normal()];
      return (centers[cluster] as number) + normal() * 1e-4;
    });
  },
  /** Few different rows, so that most scores occur many times. */
  duplicated: (row, { integer }, common) => {
    const which = integer(5);
    fill(row, (j) => Math.sin((which + 1) * (j + 1)) * common.uniform());
  },
  /** One vector, each row with one component changed in its last bits. */
  "a hair apart": (row, { integer }, common) => {
    fill(row, common.normal);
    const j = integer(row.length);
    row[j] = (row[j] as number) * (1 + integer(3) * 2 ** -23);
  },
  /** Small whole numbers: all sums are exact, and ties come from different rows. */
  "whole numbers": (row, { integer }) => fill(row, () => integer(3) - 1),
  denormal: (row, { integer }) => {
    const most = 2 ** integer(9);
    fill(row, () => (integer(2 * most + 1) - most) * LEAST_FLOAT);
  },
  /** Products with one another underflow in float32, and are far from nothing in float64. */
  tiny: (row, { normal }) => fill(row, () => normal() * 1e-21),
  /** Sums of products with one another overflow in float32, also to both sides at once. */
  huge: (row, { normal }) => fill(row, () => normal() * 1e19),
  /** Every component and every product is a float; the sums are not. */
  "near overflow": (row, { normal }) => fill(row, () => normal() * 3e37),
  "largest floats": (row, { integer }) => fill(row, () => (integer(3) - 1) * GREATEST_FLOAT),
  /** Lengths over sixty orders of magnitude. */
  "mixed lengths": (row, { normal, uniform }) => {
    const length = 10 ** (60 * uniform() - 30);
    fill(row, () => normal() * length);
  },
  /** Great components that cancel in part: what is left of the sum lies below their rounding. */
  cancelling: (row, { normal }) => fill(row, (j) => (j % 2 === 0 ? 1 : -1) * 1e6 + normal() * 0.1),
  "mostly zero": (row, { normal, integer }) => fill(row, () => (integer(20) === 0 ? normal() : 0)),
  zero: (row) => row.fill(0),
};

/** All of {@link VectorShape}. */
export const VECTOR_SHAPES = Object.keys(SHAPES) as readonly VectorShape[];

/** `count` x `dimensions` floats of the given shape; the same for the same arguments. */
export function vectorsOf(
  shape: VectorShape,
  count: number,
  dimensions: number,
  seed: number,
): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(count * dimensions);
  const random = seededRandom(seed);
  const draw = SHAPES[shape];
  for (let row = 0; row < count; row++)
    draw(rows.subarray(row * dimensions, (row + 1) * dimensions), random, seededRandom(seed + 1));
  return rows;
}
