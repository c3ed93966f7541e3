import { isEmptyList, type Column, type Columns } from "../columns.ts";
import type { FieldTest } from "./compile.ts";

const ACCEPTED = 1;
const REJECTED = 2;

/**
 * Which parts of a segment pass all tests: 1 for each that does. A test looks at each distinct value of a column once, however
 * many rows have it.
 */
export function matchParts(tests: readonly FieldTest[], columns: Columns): Uint8Array {
  const passing = new Uint8Array(columns.parts).fill(1);
  for (const test of tests) {
    const column = columns.byName.get(test.field);
    if (column) narrow(passing, test, column);
    else if (test.accepts || test.exists) passing.fill(0);
  }
  return passing;
}

function narrow(
  passing: Uint8Array,
  { accepts, rejects, exists }: FieldTest,
  column: Column,
): void {
  const verdicts = Uint8Array.from(column.values, (value) => {
    if (isEmptyList(value)) return 0;
    return (accepts?.(value) ? ACCEPTED : 0) | (rejects?.(value) ? REJECTED : 0);
  });
  const { starts, codes } = column;
  for (let part = 0; part < passing.length; part++) {
    const start = starts[part] as number;
    const end = starts[part + 1] as number;
    let verdict = 0;
    for (let at = start; at < end; at++) verdict |= verdicts[codes[at] as number] as number;
    const isThere = end > start;
    if (
      (accepts && !(verdict & ACCEPTED)) ||
      verdict & REJECTED ||
      (exists !== undefined && exists !== isThere)
    ) {
      passing[part] = 0;
    }
  }
}
