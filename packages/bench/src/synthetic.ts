// Vectors that need no texts: unit length, and the same for the same seed, whatever machine makes them.
import { normalize } from "@nearfield/core";
import { seededRandom, type Random } from "./random.ts";

const SEED = 20_260_501;

export interface SyntheticSet {
  readonly rows: Float32Array<ArrayBuffer>;
  readonly queries: Float32Array<ArrayBuffer>;
}

interface Shape {
  readonly count: number;
  readonly queries: number;
  readonly dimensions: number;
}

/**
 * Directions of equal chance, rows and queries alike. The hardest case: all rows are nearly as far from a query, and nothing
 * but the whole vector tells them apart.
 */
export function randomSet({ count, queries, dimensions }: Shape): SyntheticSet {
  const { normal } = seededRandom(SEED);
  const draw = (rows: number) =>
    fillRows(new Float32Array(rows * dimensions), dimensions, (row) => {
      for (let j = 0; j < dimensions; j++) row[j] = normal();
    });
  return { rows: draw(count), queries: draw(queries) };
}

const TOPICS = 2_000;
/** Popularity of topics falls with their rank to this power. */
const POPULARITY = 1.1;
/** Deviation of axis j is proportional to (j + 1) to this power, as the spectra of encoders fall. */
const SPECTRUM = -0.5;
/** Lengths of what a row is made of, relative to one another. */
const PARTS = { mean: 0.4, topic: 0.7, own: 0.6 };
/** Deviation of a query from the row that it is near to. */
const QUERY_NOISE = 0.6;

/**
 * Like vectors of texts: topics of falling popularity, a mean that all rows share, variance that falls from axis to axis, and
 * axes that are no coordinates. A query is a row, disturbed.
 */
export function clusteredSet({ count, queries, dimensions }: Shape): SyntheticSet {
  const random = seededRandom(SEED + 1);
  const spread = normalized(
    Float32Array.from({ length: dimensions }, (_, j) => (j + 1) ** SPECTRUM),
  );
  const draw = (length: number) => spread.map((deviation) => random.normal() * deviation * length);
  const mean = draw(PARTS.mean);
  const topics = Array.from({ length: TOPICS }, () => draw(PARTS.topic));
  const turn = makeRotation(dimensions, random);

  const rows = fillRows(new Float32Array(count * dimensions), dimensions, (row) => {
    const topic = topics[Math.floor(TOPICS * random.uniform() ** (1 + POPULARITY))] as Float32Array;
    const own = draw(PARTS.own);
    for (let j = 0; j < dimensions; j++) row[j] = at(mean, j) + at(topic, j) + at(own, j);
  });
  const asked = fillRows(new Float32Array(queries * dimensions), dimensions, (query) => {
    const near = random.integer(count) * dimensions;
    const noise = draw(QUERY_NOISE);
    for (let j = 0; j < dimensions; j++) query[j] = at(rows, near + j) + at(noise, j);
  });
  for (const set of [rows, asked]) fillRows(set, dimensions, turn);
  return { rows, queries: asked };
}

/** Calls `fill` with each row, and brings it to unit length. */
function fillRows(
  rows: Float32Array<ArrayBuffer>,
  dimensions: number,
  fill: (row: Float32Array) => void,
): Float32Array<ArrayBuffer> {
  for (let start = 0; start < rows.length; start += dimensions) {
    const row = rows.subarray(start, start + dimensions);
    fill(row);
    normalize(row);
  }
  return rows;
}

function normalized(vector: Float32Array): Float32Array {
  normalize(vector);
  return vector;
}

/** A length-preserving map: rounds of turns by random angles in planes of two axes, each axis in one plane of a round. */
function makeRotation(
  dimensions: number,
  { uniform, integer }: Random,
): (row: Float32Array) => void {
  /** So many that what was one axis is on all of them. */
  const rounds = 2 * Math.ceil(Math.log2(Math.max(2, dimensions)));
  const turns = Array.from({ length: rounds }, () => {
    const axes = Uint16Array.from({ length: dimensions }, (_, j) => j);
    for (let j = dimensions - 1; j > 0; j--) {
      const other = integer(j + 1);
      [axes[j], axes[other]] = [axes[other] as number, axes[j] as number];
    }
    const angles = Float64Array.from({ length: dimensions >> 1 }, () => uniform() * 2 * Math.PI);
    return { axes, cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
  });
  return (row) => {
    for (const { axes, cos, sin } of turns) {
      for (let plane = 0; plane < cos.length; plane++) {
        const [i, j] = [axes[2 * plane] as number, axes[2 * plane + 1] as number];
        const [x, y] = [at(row, i), at(row, j)];
        row[i] = (cos[plane] as number) * x - (sin[plane] as number) * y;
        row[j] = (sin[plane] as number) * x + (cos[plane] as number) * y;
      }
    }
  };
}

function at(values: Float32Array, index: number): number {
  return values[index] as number;
}
