/** What a field can be compared with. Kinds are not mixed: `1`, `"1"` and `true` are three values. */
export type FilterValue = string | number | boolean | null;

/**
 * What a field must be. A field that holds an array counts as each of its elements.
 *
 * One and the same element has to meet all of `eq`, `in`, `gt`, `gte`, `lt` and `lte`: `{ gte: 2000, lt: 2010 }` does not take
 * `[1990, 2020]`. No element may meet `ne` or `nin`. A row without the field has no element: it meets `ne`, `nin` and
 * `exists: false`, and nothing else.
 */
export interface FieldCondition {
  readonly eq?: FilterValue;
  readonly ne?: FilterValue;
  /** Numbers are compared with numbers, strings with strings by code unit; another kind never matches. */
  readonly gt?: string | number;
  readonly gte?: string | number;
  readonly lt?: string | number;
  readonly lte?: string | number;
  /** Equal to one of these; of none for an empty array. */
  readonly in?: readonly FilterValue[];
  readonly nin?: readonly FilterValue[];
  /** Whether the field is there at all, be it `null` or an empty array. */
  readonly exists?: boolean;
}

/**
 * Which rows may be found, as plain data: for each field the value that it must equal, or a condition. All fields must agree;
 * `{}` lets every row pass. Names are taken as they are, a dot in them means nothing.
 *
 * @example { lang: "en", year: { gte: 2020 }, tag: { in: ["law", "tax"] } }
 */
export type Filter = Readonly<Record<string, FilterValue | FieldCondition>>;
