// Rows and queries to measure with: real ones from files, random ones, and synthetic embeddings.
//
// The synthetic ones are of known difficulty: unit vectors around Zipf-weighted topics, with a common mean (anisotropy) and a
// power-law spectrum. `rotated` spreads the variance over all axes; without it the variance falls with the coordinate, as in
// models that are trained for truncation.

/** Standard deviation of axis j is proportional to (j + 1) ** -SPECTRUM. */
const SPECTRUM = 0.55;
const ZIPF = 1.3;
const TOPICS = 3000;

/** A set of rows and the queries for it, row-major. */
export interface Dataset {
  readonly dimensions: number;
  readonly rows: Float32Array;
  readonly queries: Float32Array;
}

/** What to measure with, and what. */
export interface Asked {
  /** `random`: directions without any structure. `falling`: `synthetic` whose variance falls with the coordinate. */
  readonly set: "random" | "synthetic" | "falling" | "real";
  readonly count: number;
  readonly dimensions: number;
  /** Only scanners whose names begin so. */
  readonly only?: string | undefined;
}

const QUERIES = 100;

export async function dataset({ set, count, dimensions }: Asked): Promise<Dataset> {
  switch (set) {
    case "real":
      return {
        dimensions,
        rows: (await floatsFrom("rows")).subarray(0, count * dimensions),
        queries: await floatsFrom("queries"),
      };
    case "random":
      return {
        dimensions,
        rows: directions(count, dimensions, 1),
        queries: directions(QUERIES, dimensions, 2),
      };
    case "synthetic":
    case "falling":
      return generate({ count, dimensions, queries: QUERIES, rotated: set === "synthetic" });
    default:
      return set satisfies never;
  }
}

async function floatsFrom(name: string): Promise<Float32Array> {
  return new Float32Array(await (await fetch(`/vectors/${name}`)).arrayBuffer());
}

function directions(count: number, dimensions: number, seed: number): Float32Array {
  const { normal } = random(seed);
  const rows = Float32Array.from({ length: count * dimensions }, normal);
  for (let i = 0; i < rows.length; i += dimensions) scaleTo(rows.subarray(i, i + dimensions), 1);
  return rows;
}

interface DatasetOptions {
  readonly count: number;
  readonly dimensions: number;
  readonly queries: number;
  readonly rotated: boolean;
}

function generate({ count, dimensions, queries, rotated }: DatasetOptions): Dataset {
  const { uniform, normal, zipf } = random(1234);
  const spread = Float32Array.from({ length: dimensions }, (_, j) => (j + 1) ** -SPECTRUM);
  scaleTo(spread, 1);
  const mean = scaleTo(
    spread.map((s) => normal() * s),
    0.45,
  );
  const centers = Array.from({ length: TOPICS }, () => spread.map((s) => normal() * s * 0.75));
  const rotate = rotated ? rotation(dimensions, normal) : () => {};

  const rows = new Float32Array(count * dimensions);
  for (let i = 0; i < count; i++) {
    const row = rows.subarray(i * dimensions, (i + 1) * dimensions);
    const center = centers[zipf() % TOPICS] as Float32Array;
    for (let j = 0; j < dimensions; j++)
      row[j] = at(center, j) + at(mean, j) + normal() * at(spread, j) * 0.62;
  }
  const asked = new Float32Array(queries * dimensions);
  for (let i = 0; i < queries; i++) {
    const query = asked.subarray(i * dimensions, (i + 1) * dimensions);
    const source = Math.floor(uniform() * count) * dimensions;
    const center = centers[Math.floor(uniform() * TOPICS)] as Float32Array;
    for (let j = 0; j < dimensions; j++)
      query[j] =
        at(rows, source + j) * 0.72 + at(center, j) * 0.12 + normal() * at(spread, j) * 0.55;
  }
  for (const set of [rows, asked]) {
    for (let i = 0; i < set.length; i += dimensions) {
      const row = set.subarray(i, i + dimensions);
      rotate(row);
      scaleTo(row, 1);
    }
  }
  return { dimensions, rows, queries: asked };
}

function at(values: Float32Array, index: number): number {
  return values[index] as number;
}

function random(seed: number): {
  readonly uniform: () => number;
  readonly normal: () => number;
  readonly zipf: () => number;
} {
  let state = seed;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  /** By rejection (Devroye). */
  const zipf = (): number => {
    const b = 2 ** (ZIPF - 1);
    for (;;) {
      const rank = Math.floor(uniform() ** (-1 / (ZIPF - 1)));
      if (!(rank < 1e15)) continue;
      const t = (1 + 1 / rank) ** (ZIPF - 1);
      if ((uniform() * rank * (t - 1)) / (b - 1) <= t / b) return rank;
    }
  };
  return { uniform, normal, zipf };
}

function scaleTo(v: Float32Array, length: number): Float32Array {
  const factor = length / Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  for (let j = 0; j < v.length; j++) v[j] = at(v, j) * factor;
  return v;
}

/** A random orthonormal map as a chain of plane rotations, many for each axis: cheaper than a dense matrix. */
function rotation(dimensions: number, normal: () => number): (v: Float32Array) => void {
  const rounds = 24;
  const planes = Array.from({ length: rounds }, () => {
    const order = Uint32Array.from({ length: dimensions }, (_, j) => j);
    for (let j = dimensions - 1; j > 0; j--) {
      const other = Math.floor(Math.abs(normal() * 1e6)) % (j + 1);
      [order[j], order[other]] = [order[other] as number, order[j] as number];
    }
    const angles = Float64Array.from({ length: dimensions >> 1 }, () => normal() * 10);
    return { order, cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
  });
  return (v) => {
    for (const { order, cos, sin } of planes) {
      for (let p = 0; p < cos.length; p++) {
        const i = order[2 * p] as number;
        const j = order[2 * p + 1] as number;
        const [x, y, c, s] = [at(v, i), at(v, j), cos[p] as number, sin[p] as number];
        v[i] = c * x - s * y;
        v[j] = s * x + c * y;
      }
    }
  };
}
