import {
  compareScored,
  type AsyncScanner,
  type BlockId,
  type RowKey,
  type Scanner,
  type ScanTarget,
  type Scored,
} from "@nearfield/core";
import {
  allRows,
  clearRows,
  countRows,
  hasRow,
  noRows,
  rowsOfParts,
  setRows,
  type Bitmap,
} from "./bitmap.ts";
import { cellsAt, type Columns } from "./columns.ts";
import type { FieldTest } from "./filter/compile.ts";
import { matchParts } from "./filter/match.ts";
import type { SegmentInfo } from "./manifest.ts";
import { payloadOf, type PayloadForm } from "./payload-form.ts";
import type { Part } from "./segment.ts";

/** What ranks the rows. One that reads them from the store is told where they are. */
export type RowScanner = (Scanner | AsyncScanner) & {
  place?(block: BlockId, segment: SegmentInfo): void;
};

/** A segment whose rows the scanner holds. Immutable: a change makes another. */
export interface HeldSegment {
  readonly info: SegmentInfo;
  readonly parts: readonly Part[];
  /** Fields of the parts. */
  readonly columns: Columns;
  readonly block: BlockId;
  /** Absent: every row is there. */
  readonly bitmap?: Bitmap | undefined;
  /** Rows that are there. */
  readonly live: number;
}

/** Where one part of an entry lies. */
export interface Place {
  readonly segment: number;
  readonly start: number;
  readonly part: Part;
  /** Of the part within its segment. */
  readonly index: number;
}

/** An entry all of whose rows are held. */
export interface HeldEntry {
  readonly hash: string;
  readonly payload: PayloadForm;
  readonly places: readonly Place[];
}

/** A hit before its payload is read. `hash` says which content it was found in. */
export interface RankedRow extends Scored {
  readonly hash: string;
  /** Of a bare entry, whose payload need not be read. */
  readonly bare?: { readonly payload: unknown } | undefined;
}

/**
 * What the scanner holds, by name: an index of one generation as it is in memory. Only whole entries are in it; an entry
 * with a part missing is not found.
 */
export class Image {
  readonly #scanner: RowScanner;
  readonly #segments = new Map<number, HeldSegment>();
  readonly #starts = new WeakMap<readonly Part[], Uint32Array>();
  readonly #entries = new Map<string, HeldEntry>();
  #rows = 0;
  #revision = 0;

  constructor(scanner: RowScanner) {
    this.#scanner = scanner;
  }

  get segments(): ReadonlyMap<number, HeldSegment> {
    return this.#segments;
  }

  get entries(): ReadonlyMap<string, HeldEntry> {
    return this.#entries;
  }

  /** Rows that can be found. */
  get rows(): number {
    return this.#rows;
  }

  /** Grows with every change of what can be found. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * Makes `segments` all that is held: blocks that are in none of them are freed. Returns the ids of entries of which a
   * part is missing; their other rows are taken out.
   */
  replace(segments: readonly HeldSegment[]): string[] {
    this.#revision++;
    const kept = new Set(segments.map(({ block }) => block));
    const touched = new Set<string>();
    const places = new Map<string, Place[]>();
    const placesOf = (id: string) => {
      touched.add(id);
      const known = places.get(id) ?? [...(this.#entries.get(id)?.places ?? [])];
      places.set(id, known);
      return known;
    };
    const coming = new Set(segments);
    for (const segment of this.#segments.values()) {
      if (coming.delete(segment)) continue; // unchanged
      for (const { id } of listPlaces(segment)) {
        const others = placesOf(id).filter((place) => place.segment !== segment.info.id);
        places.set(id, others);
      }
      if (!kept.has(segment.block)) this.#scanner.remove(segment.block);
    }
    this.#segments.clear();
    for (const segment of segments) {
      this.#segments.set(segment.info.id, segment);
      this.#scanner.place?.(segment.block, segment.info);
    }
    for (const segment of coming) {
      for (const { id, place } of listPlaces(segment)) placesOf(id).push(place);
    }
    const broken: string[] = [];
    for (const id of touched) {
      const known = places.get(id) as Place[];
      if (known.length === 0) this.#entries.delete(id);
      else {
        const { hash, payload } = (known[0] as Place).part;
        this.#entries.set(id, { hash, payload, places: known });
        if (!isWhole(known)) broken.push(id);
      }
    }
    this.forget(broken);
    return broken;
  }

  /** Takes the rows of these entries out, in memory alone. */
  forget(ids: Iterable<string>): void {
    this.#revision++;
    for (const id of ids) {
      for (const { segment, start, part } of this.#entries.get(id)?.places ?? []) {
        const held = this.#segments.get(segment);
        if (held) this.#segments.set(segment, withoutRows(held, start, start + part.rows));
      }
      this.#entries.delete(id);
    }
    this.#rows = 0;
    for (const { live } of this.#segments.values()) this.#rows += live;
  }

  /** The best `limit` rows of those that pass all `tests`, settled by the tie rule. */
  async search(
    vector: Float32Array,
    limit: number,
    tests: readonly FieldTest[] = [],
  ): Promise<RankedRow[]> {
    return (await this.searchBatch([vector], limit, tests))[0] as RankedRow[];
  }

  /** The same for several queries, in one pass over the rows. */
  searchBatch(
    vectors: readonly Float32Array[],
    limit: number,
    tests: readonly FieldTest[] = [],
  ): Promise<RankedRow[][]> {
    const segments: HeldSegment[] = [];
    const targets: ScanTarget[] = [];
    let rows = 0;
    for (const segment of this.#segments.values()) {
      const allowed = tests.length > 0 ? this.#select(segment, tests) : segment.bitmap;
      const count = allowed ? countRows(allowed) : segment.live;
      if (count === 0) continue;
      rows += count;
      segments.push(segment);
      targets.push({ block: segment.block, allowed });
    }
    return this.#rank(vectors, Math.min(limit, rows), segments, targets);
  }

  /** These rows, by the tie rule; those that are not held are left out. */
  async searchAmong(vector: Float32Array, keys: readonly RowKey[]): Promise<RankedRow[]> {
    const bitmaps = new Map<number, Bitmap>();
    let rows = 0;
    for (const { id, ordinal } of keys) {
      const place = this.#entries.get(id)?.places.find(({ part }) => {
        return part.ordinal <= ordinal && ordinal < part.ordinal + part.rows;
      });
      const segment = place && this.#segments.get(place.segment);
      if (!segment) continue;
      const bitmap = bitmaps.get(place.segment) ?? noRows(segment.info.rows);
      bitmaps.set(place.segment, bitmap);
      const row = place.start + ordinal - place.part.ordinal;
      setRows(bitmap, row, row + 1);
      rows++;
    }
    const segments = [...bitmaps.keys()].map((id) => this.#segments.get(id) as HeldSegment);
    const targets = segments.map(({ info, block }) => ({ block, allowed: bitmaps.get(info.id) }));
    return (await this.#rank([vector], rows, segments, targets))[0] as RankedRow[];
  }

  /** What is stored under a bare entry that is held; undefined for any other id. */
  bare(id: string): { readonly hash: string; readonly payload: unknown } | undefined {
    const entry = this.#entries.get(id);
    const place = entry?.places[0];
    const segment = place && this.#segments.get(place.segment);
    const bare = segment && bareAt(segment, place.index);
    return entry && bare && { hash: entry.hash, payload: bare.payload };
  }

  /** Says of an entry that is held whether it passes all `tests`. */
  filter(tests: readonly FieldTest[]): (id: string) => boolean {
    if (tests.length === 0) return () => true;
    const passing = new Map<number, Uint8Array>();
    return (id) => {
      // All parts of an entry have its fields.
      const place = this.#entries.get(id)?.places[0];
      const segment = place && this.#segments.get(place.segment);
      if (!segment) return false;
      const parts = passing.get(place.segment) ?? matchParts(tests, segment.columns);
      passing.set(place.segment, parts);
      return parts[place.index] === 1;
    };
  }

  async #rank(
    vectors: readonly Float32Array[],
    limit: number,
    segments: readonly HeldSegment[],
    targets: readonly ScanTarget[],
  ): Promise<RankedRow[][]> {
    if (limit === 0) return vectors.map(() => []);
    const found = await (vectors.length === 1
      ? [await this.#scanner.search(vectors[0] as Float32Array, limit, targets)]
      : this.#scanner.searchBatch(vectors, limit, targets));
    return found.map((hits) => {
      const ranked = Array.from(hits.scores, (score, at): RankedRow => {
        const segment = segments[hits.targets[at] as number] as HeldSegment;
        const row = hits.rows[at] as number;
        const starts = this.#startsOf(segment.parts);
        const index = findLast(starts, row);
        const { id, hash, ordinal } = segment.parts[index] as Part;
        const bare = bareAt(segment, index);
        return { id, hash, score, ordinal: ordinal + row - (starts[index] as number), bare };
      });
      return ranked.sort(compareScored).slice(0, limit);
    });
  }

  /** The rows of a segment that are there and pass all tests. */
  #select(segment: HeldSegment, tests: readonly FieldTest[]): Bitmap {
    const { info, parts, columns, bitmap } = segment;
    const passing = matchParts(tests, columns);
    return rowsOfParts(passing, this.#startsOf(parts), info.rows, bitmap);
  }

  #startsOf(parts: readonly Part[]): Uint32Array {
    const known = this.#starts.get(parts);
    if (known) return known;
    const starts = new Uint32Array(parts.length);
    let row = 0;
    parts.forEach((part, index) => {
      starts[index] = row;
      row += part.rows;
    });
    this.#starts.set(parts, starts);
    return starts;
  }
}

/** The segment with the rows `[start, end)` taken out. */
export function withoutRows(segment: HeldSegment, start: number, end: number): HeldSegment {
  const bitmap = segment.bitmap?.slice() ?? allRows(segment.info.rows);
  clearRows(bitmap, start, end);
  return { ...segment, bitmap, live: countRows(bitmap) };
}

/** The parts of a segment that are there, with the first row of each. */
export function listPlaces({
  info,
  parts,
  bitmap,
}: Pick<HeldSegment, "info" | "parts" | "bitmap">): { id: string; place: Place }[] {
  const places: { id: string; place: Place }[] = [];
  let start = 0;
  parts.forEach((part, index) => {
    // A part is deleted as a whole, so that its first row speaks for all.
    if (!bitmap || hasRow(bitmap, start)) {
      places.push({ id: part.id, place: { segment: info.id, start, part, index } });
    }
    start += part.rows;
  });
  return places;
}

/** The payload of a part whose entry is bare. */
export function bareAt(
  { parts, columns }: Pick<HeldSegment, "parts" | "columns">,
  index: number,
): { readonly payload: unknown } | undefined {
  const { payload } = parts[index] as Part;
  return payload === "record"
    ? undefined
    : { payload: payloadOf(payload, cellsAt(columns, index)) };
}

/** True where the parts are of one content and give each row of the entry once. */
function isWhole(places: readonly Place[]): boolean {
  const parts = places.map(({ part }) => part).sort((a, b) => a.ordinal - b.ordinal);
  const [{ hash, of }] = parts as [Part];
  let next = 0;
  for (const part of parts) {
    if (part.hash !== hash || part.of !== of || part.ordinal !== next) return false;
    next += part.rows;
  }
  return next === of;
}

/** Index of the last of the ascending `starts` that is not beyond `row`. */
function findLast(starts: Uint32Array, row: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] as number) <= row) low = middle;
    else high = middle;
  }
  return low;
}
