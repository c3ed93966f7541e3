// What is measured, as the page sees it: one engine at a time, by its own public interface.

/** Rows of one length, one after the other. */
export interface VectorSet {
  readonly dimensions: number;
  readonly count: number;
  /** count × dimensions, row-major. */
  readonly rows: Float32Array;
  /** Where each row gets a field `bucket`, its number modulo this one; null: rows have no fields. */
  readonly buckets: number | null;
}

/** What {@link Engine.open} has to know of what was stored. */
export type StoredSet = Omit<VectorSet, "rows">;

/** One library, or one way to use it. Rows are known by their number. */
export interface Engine {
  /** Brings rows into the form that `build` takes. Not timed: an app would have them so. */
  prepare(set: VectorSet): void | Promise<void>;
  /** Timed. Afterwards all rows can be found. */
  build(): void | Promise<void>;
  /** Timed. Resolves when what was built is durable. Absent where `build` sees to that. */
  persist?(): Promise<void>;
  /** Timed together with the first query. The page has nothing of what was stored, and nothing of the library is loaded. */
  open(set: StoredSet): Promise<void>;
  /** Numbers of the nearest rows by inner product (all rows are of unit length), best first. */
  query(vector: Float32Array, limit: number): Promise<readonly number[]>;
  /** The same among rows of one bucket. Absent where the library can not filter. */
  queryBucket?(vector: Float32Array, limit: number, bucket: number): Promise<readonly number[]>;
  /** What the library says of itself, for the report. */
  describe?(): unknown;
}

/** Row number of an id that {@link idOf} made. */
export const rowOf = (id: unknown): number => Number(id);

/** The id of a row in libraries whose ids are strings. */
export const idOf = (row: number): string => String(row);

/** Row `at` of a set, as a view. */
export function rowAt({ rows, dimensions }: VectorSet, at: number): Float32Array {
  return rows.subarray(at * dimensions, (at + 1) * dimensions);
}
