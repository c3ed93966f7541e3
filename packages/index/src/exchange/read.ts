import { isFinite32, RetrievalError, type StoredRecord, type StoreStage } from "@nearfield/core";
import type { IndexEntry } from "../calls.ts";
import { buildColumns, cellsOf, type Cells } from "../columns.ts";
import { encodeEntry } from "../entry-record.ts";
import { checkId } from "../input.ts";
import type { SegmentInfo } from "../manifest.ts";
import { formOf, type PayloadForm } from "../payload-form.ts";
import { rosterRecords } from "../roster.ts";
import { layOutSegment, sealSegment, type DecodedSegment, type Part } from "../segment.ts";
import { decodeEnd, decodeEntries, decodeHead, decodeRows, type Head } from "./content.ts";
import { invalid, readFrames } from "./frame.ts";
import type { Pulse } from "../pulse.ts";
import type { PayloadCheck } from "./payload-check.ts";

/** What was staged, for the manifest that makes it count. */
export interface Staged {
  readonly entries: number;
  readonly segments: readonly SegmentInfo[];
}

interface Incoming {
  readonly hash: string;
  readonly payload: PayloadForm;
  readonly cells: Cells;
  /** Rows of the whole entry; known with its first part. */
  of: number | undefined;
  /** The first row that has not come yet. */
  next: number;
  readonly check: (rows: number) => string | undefined;
}

/**
 * Reads a file into a stage. Nothing of it is trusted: every frame, record, number and payload is looked at, and each entry has to
 * come whole.
 * @param firstSegment number of the first segment
 * @throws RetrievalError `INVALID_FILE`, `FORMAT_TOO_NEW`, `MODEL_MISMATCH`, and what the stage throws
 */
export async function readFile(
  file: Blob,
  space: Head,
  stage: StoreStage,
  firstSegment: number,
  checkPayload: PayloadCheck,
  pulse: Pulse,
): Promise<Staged> {
  const incoming = new Map<string, Incoming>();
  const segments: SegmentInfo[] = [];
  let rows = 0;
  let isBegun = false;
  for await (const { kind, content } of readFrames(file)) {
    pulse();
    if ((kind === "head") === isBegun) throw invalid("its head is not at its beginning");
    switch (kind) {
      case "head":
        isBegun = true;
        assertSameSpace(decodeHead(content), space);
        break;
      case "entries": {
        const puts: StoredRecord[] = [];
        for (const entry of decodeEntries(content)) {
          const { id, hash, payload } = entry;
          assertEntry(entry);
          if (incoming.has(id)) throw invalid("it has an entry twice");
          const check = (count: number) => checkPayload(entry, count);
          const form = formOf(payload);
          const cells = cellsOf(payload);
          incoming.set(id, { hash, payload: form, cells, of: undefined, next: 0, check });
          if (form === "record")
            puts.push({ table: "entries", key: id, bytes: encodeEntry(entry) });
        }
        await stage.put(puts);
        break;
      }
      case "rows": {
        const decoded = decodeRows(content);
        const id = firstSegment + segments.length;
        const { bytes, info, parts } = rewrite(decoded, space, id, incoming);
        await stage.put([{ table: "segments", key: id, bytes }, ...rosterRecords(id, { parts })]);
        segments.push(info);
        rows += info.rows;
        break;
      }
      case "end": {
        const end = decodeEnd(content);
        const isWhole = [...incoming.values()].every(({ next, of }) => next === of);
        if (end.entries !== incoming.size || end.rows !== rows || !isWhole) {
          throw invalid("something is missing in it");
        }
        break;
      }
      default:
        throw kind satisfies never;
    }
  }
  return { entries: incoming.size, segments };
}

/** The segment as we write it, with the fields of its entries as columns, after all of it was checked. */
function rewrite(
  decoded: DecodedSegment,
  { fingerprint: space, dimensions }: Head,
  id: number,
  incoming: ReadonlyMap<string, Incoming>,
): {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly info: SegmentInfo;
  readonly parts: readonly Part[];
} {
  const { vectors, rows } = decoded;
  if (decoded.dimensions !== dimensions || rows === 0)
    throw invalid("its rows are of another kind");
  if (!isFinite32(vectors)) throw invalid("a vector is not finite");
  const taken = decoded.parts.map((part) => take(part, incoming));
  const parts = taken.map(({ payload }, at): Part => ({ ...(decoded.parts[at] as Part), payload }));
  const blank = layOutSegment(parts, buildColumns(taken.map(({ cells }) => cells)), {
    space,
    dimensions,
  });
  blank.vectors.set(vectors);
  const checksum = sealSegment(blank.bytes);
  const { bytes } = blank;
  return { bytes, info: { id, rows, byteLength: bytes.byteLength, checksum }, parts };
}

/** Counts a part as come. Parts of an entry have to come in order, each once. */
function take(part: Part, incoming: ReadonlyMap<string, Incoming>): Incoming {
  const entry = incoming.get(part.id);
  if (!entry || entry.hash !== part.hash) throw invalid("it has rows of no entry");
  if (part.ordinal !== entry.next || part.of !== (entry.of ?? part.of)) {
    throw invalid("rows of an entry are not in order");
  }
  if (entry.of === undefined) {
    const problem = entry.check(part.of);
    if (problem) throw invalid(problem);
  }
  entry.of = part.of;
  entry.next += part.rows;
  return entry;
}

function assertEntry({ id, hash }: IndexEntry): void {
  try {
    checkId(id);
  } catch (thrown) {
    throw invalid("an id is not one", thrown);
  }
  if (hash === "") throw invalid("an entry has no hash");
}

function assertSameSpace(head: Head, space: Head): void {
  if (head.fingerprint === space.fingerprint && head.dimensions === space.dimensions) return;
  throw new RetrievalError("MODEL_MISMATCH", "the file holds vectors of another model", {
    value: head.fingerprint,
    repair: "Import it where it is opened with the model it was made with.",
  });
}
