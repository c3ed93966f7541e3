// The fields of a segment's rows, turned round: for each field its distinct values, and for each part which of them it has.
// So a filter looks at a value once, and equal strings are held once.
import type { FilterValue } from "./filter.ts";
import { isFilterValue } from "./filter/value.ts";

/** A field's element; the empty list says that the field is there and is an array, though it has less than two. */
export type Cell = FilterValue | readonly [];

/**
 * What one entry has in each of its fields: one cell for a single value, one per element for an array; before less than two elements
 * the empty list.
 */
export type Cells = ReadonlyMap<string, readonly Cell[]>;

export interface Column {
  /** Distinct. */
  readonly values: readonly Cell[];
  /** Part `p` has the codes `[starts[p], starts[p + 1])`; none where it lacks the field. */
  readonly starts: Uint32Array<ArrayBuffer>;
  /** Indexes into `values`. */
  readonly codes: Uint32Array<ArrayBuffer>;
}

export interface Columns {
  readonly parts: number;
  readonly byName: ReadonlyMap<string, Column>;
}

const EMPTY_LIST: readonly [] = Object.freeze([] as const);
const NO_CELLS: Cells = new Map();

export function isEmptyList(cell: Cell): cell is readonly [] {
  return typeof cell === "object" && cell !== null;
}

/**
 * The fields of an entry: what its payload holds under `fields`. Values that are neither strings, numbers, booleans, null nor
 * arrays of these are no fields and are passed over.
 */
export function cellsOf(payload: unknown): Cells {
  const fields = isObject(payload) ? (payload as { readonly fields?: unknown }).fields : undefined;
  if (!isObject(fields)) return NO_CELLS;
  const cells = new Map<string, readonly Cell[]>();
  for (const [name, value] of Object.entries(fields)) {
    if (isFilterValue(value)) cells.set(name, [value]);
    else if (Array.isArray(value)) {
      const elements = Array.from<unknown>(value); // a hole would be passed over
      if (elements.every(isFilterValue)) {
        cells.set(name, elements.length > 1 ? elements : [EMPTY_LIST, ...elements]);
      }
    }
  }
  return cells;
}

/** Columns of as many parts as there are `rows`, in their order. */
export function buildColumns(rows: readonly Cells[]): Columns {
  interface Building {
    readonly dictionary: Map<Cell, number>;
    readonly starts: Uint32Array<ArrayBuffer>;
    readonly codes: number[];
  }
  const building = new Map<string, Building>();
  rows.forEach((cells, part) => {
    for (const [name, values] of cells) {
      let column = building.get(name);
      if (!column) {
        column = { dictionary: new Map(), starts: new Uint32Array(rows.length + 1), codes: [] };
        building.set(name, column);
      }
      const { dictionary, starts, codes } = column;
      for (const value of values) {
        const cell = isEmptyList(value) ? EMPTY_LIST : value;
        const code = dictionary.get(cell) ?? dictionary.size;
        dictionary.set(cell, code);
        codes.push(code);
      }
      starts[part + 1] = values.length;
    }
  });
  const byName = new Map<string, Column>();
  for (const [name, { dictionary, starts, codes }] of building) {
    for (let part = 0; part < rows.length; part++) {
      starts[part + 1] = (starts[part + 1] as number) + (starts[part] as number);
    }
    byName.set(name, { values: [...dictionary.keys()], starts, codes: Uint32Array.from(codes) });
  }
  return { parts: rows.length, byName };
}

/** What {@link buildColumns} was given for one part. */
export function cellsAt({ byName }: Columns, part: number): Cells {
  const cells = new Map<string, readonly Cell[]>();
  for (const [name, { values, starts, codes }] of byName) {
    const own = codes.subarray(starts[part] as number, starts[part + 1] as number);
    if (own.length > 0)
      cells.set(
        name,
        Array.from(own, (code) => values[code] as Cell),
      );
  }
  return cells;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
