import type { FieldCondition, Filter, FilterValue } from "../filter.ts";

/** What one field has to pass. */
export interface FieldTest {
  readonly field: string;
  /** At least one element has to be accepted. Absent: none is asked for. */
  readonly accepts?: ((value: FilterValue) => boolean) | undefined;
  /** No element may be rejected. */
  readonly rejects?: ((value: FilterValue) => boolean) | undefined;
  readonly exists?: boolean | undefined;
}

/** The tests of a checked filter; none where it lets every row pass. */
export function compileFilter(filter: Filter): readonly FieldTest[] {
  return Object.entries(filter).map(([field, wanted]) => {
    const condition =
      typeof wanted === "object" && wanted !== null ? wanted : ({ eq: wanted } as const);
    return {
      field,
      accepts: every(acceptors(condition)),
      rejects: rejector(condition),
      exists: condition.exists,
    };
  });
}

type Test = (value: FilterValue) => boolean;

function acceptors(condition: FieldCondition): Test[] {
  const tests: Test[] = [];
  const { eq, gt, gte, lt, lte, in: among } = condition;
  if (eq !== undefined) tests.push((value) => value === eq);
  if (among !== undefined) {
    const values = new Set(among);
    tests.push((value) => values.has(value));
  }
  if (gt !== undefined) tests.push((value) => typeof value === typeof gt && value! > gt);
  if (gte !== undefined) tests.push((value) => typeof value === typeof gte && value! >= gte);
  if (lt !== undefined) tests.push((value) => typeof value === typeof lt && value! < lt);
  if (lte !== undefined) tests.push((value) => typeof value === typeof lte && value! <= lte);
  return tests;
}

function every(tests: readonly Test[]): Test | undefined {
  return tests.length === 0 ? undefined : (value) => tests.every((test) => test(value));
}

function rejector({ ne, nin }: FieldCondition): Test | undefined {
  if (ne === undefined && nin === undefined) return undefined;
  const values = new Set(nin);
  if (ne !== undefined) values.add(ne);
  return (value) => values.has(value);
}
