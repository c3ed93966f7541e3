import type { Filter } from "nearfield";
import type { Kind } from "../read/kind.ts";
import type { FileRecord } from "../shelf/record.ts";

/** Which documents a person wants to look through. */
export interface Scope {
  readonly kind: Kind | undefined;
  readonly span: SpanName;
  /** With `custom`: local days as `YYYY-MM-DD`, both included; "" for an open end. */
  readonly from: string;
  readonly to: string;
  readonly collection: string | undefined;
}

export const EVERYTHING: Scope = {
  kind: undefined,
  span: "any",
  from: "",
  to: "",
  collection: undefined,
};

export type SpanName = "any" | "week" | "month" | "year" | "custom";

const DAY_MS = 86_400_000;
const DAYS = { week: 7, month: 31, year: 366 } as const;

interface Span {
  /** Included; milliseconds since 1970. */
  readonly gte?: number;
  /** Not included. */
  readonly lt?: number;
}

/** The filter for Nearfield; undefined where everything is wanted. */
export function filterOf(
  scope: Scope,
  records: Iterable<FileRecord>,
  now: number = Date.now(),
): Filter | undefined {
  const { kind, collection } = scope;
  const span = spanOf(scope, now);
  const filter: Filter = {
    ...(kind && { kind }),
    ...(span && { modified: { ...span } }),
    ...(collection !== undefined && {
      id: {
        in: [...records]
          .filter((record) => record.collections.includes(collection))
          .map(({ id }) => id),
      },
    }),
  };
  return Object.keys(filter).length === 0 ? undefined : filter;
}

/** Whether a file is in the scope: the same answer as the filter's, for lists. */
export function isInScope(record: FileRecord, scope: Scope, now: number = Date.now()): boolean {
  const { kind, collection } = scope;
  const { gte = -Infinity, lt = Infinity } = spanOf(scope, now) ?? {};
  return (
    (kind === undefined || record.kind === kind) &&
    (collection === undefined || record.collections.includes(collection)) &&
    record.modified >= gte &&
    record.modified < lt
  );
}

function spanOf({ span, from, to }: Scope, now: number): Span | undefined {
  if (span === "any") return undefined;
  if (span !== "custom") return { gte: now - DAYS[span] * DAY_MS };
  const [start, end] = [dayOf(from), dayOf(to, 1)];
  if (start === undefined && end === undefined) return undefined;
  return { ...(start !== undefined && { gte: start }), ...(end !== undefined && { lt: end }) };
}

/** When a local day begins, or the one that is `later` days behind it. */
function dayOf(day: string, later = 0): number | undefined {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day) ?? [];
  if (!year) return undefined;
  return new Date(Number(year), Number(month) - 1, Number(date) + later).getTime();
}
