// Synthetic embeddings as they are in `data.ts`, row by row, so that a million of them never have to be in memory.

const TOPICS = 3000;
const SPECTRUM = 0.55;
/** Noise comes out of a table of so many normal numbers, each row from another place. */
const TABLE = 2 ** 20;

export interface Stream {
  /** Fills whole rows. */
  readonly next: (rows: Float32Array) => void;
  readonly query: () => Float32Array;
}

export function synthetic(dimensions: number): Stream {
  let state = 1;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  const normals = Float32Array.from(
    { length: TABLE + dimensions },
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
  const spread = Float32Array.from({ length: dimensions }, (_, j) => (j + 1) ** -SPECTRUM);
  const length = Math.hypot(...spread);
  const noise = (j: number, from: number): number =>
    ((normals[from + j] as number) * (spread[j] as number)) / length;
  const place = (): number => Math.floor(uniform() * TABLE);
  const mean = place();
  const topics = Array.from({ length: TOPICS }, place);
  const fill = (row: Float32Array): void => {
    // Few topics have most of the rows.
    const topic = topics[Math.floor(TOPICS * uniform() ** 4)] as number;
    const own = place();
    let squares = 0;
    for (let j = 0; j < dimensions; j++) {
      const x = noise(j, mean) * 0.45 + noise(j, topic) * 0.75 + noise(j, own) * 0.62;
      row[j] = x;
      squares += x * x;
    }
    const scale = 1 / Math.sqrt(squares);
    for (let j = 0; j < dimensions; j++) row[j] = (row[j] as number) * scale;
  };
  return {
    next: (rows) => {
      for (let at = 0; at < rows.length; at += dimensions) fill(rows.subarray(at, at + dimensions));
    },
    query: () => {
      const row = new Float32Array(dimensions);
      fill(row);
      return row;
    },
  };
}
