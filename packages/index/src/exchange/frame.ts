// The frames of an export file, version 1. Little-endian.
//
//   u8   89 4E 46 49 58 0D 0A 1A: a byte with its top bit set, "NFIX", and what a text transfer would change
//   u32  version
//   then frames, of which each has
//   u32  kind, place in the file from 0, bytes of its content, checksum
//   u8   content, a multiple of four bytes
//
// The checksum is a CRC-32 over the three words before it and the content, going on from the checksum of the frame before: a frame
// that is changed, missing, double or in another place breaks the chain. The last frame is of the kind `end`, and nothing follows it.
import { crc32, RetrievalError } from "@nearfield/core";

export const FILE_TYPE = "application/vnd.nearfield.index";
const SIGNATURE = Uint8Array.of(0x89, 0x4e, 0x46, 0x49, 0x58, 0x0d, 0x0a, 0x1a);
const VERSION = 1;
const PREAMBLE_BYTES = SIGNATURE.length + 4;
const HEADER_BYTES = 16;
const CHECKED_BYTES = 12;
/** More than any frame that we write: a full segment of 4,096 dimensions has 64 MiB of vectors. */
const MAX_CONTENT_BYTES = 2 ** 27;

/** `head` once at the beginning, `end` once at the end. A row's entry comes before it. */
export const FRAME_KINDS = { head: 1, entries: 2, rows: 3, end: 4 } as const;
export type FrameKind = keyof typeof FRAME_KINDS;

export interface Frame {
  readonly kind: FrameKind;
  readonly content: Uint8Array<ArrayBuffer>;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Writes a file as the pieces of a blob, which the browser may keep on disk. */
export class FrameWriter {
  readonly #pieces: Blob[];
  #sequence = 0;
  #chain = 0;

  constructor() {
    const preamble = new Uint8Array(PREAMBLE_BYTES);
    preamble.set(SIGNATURE);
    new DataView(preamble.buffer).setUint32(SIGNATURE.length, VERSION, true);
    this.#pieces = [new Blob([preamble])];
  }

  write(kind: FrameKind, content: Bytes): void {
    const header = new Uint32Array(HEADER_BYTES / 4);
    header.set([FRAME_KINDS[kind], this.#sequence++, content.length]);
    const checked = new Uint8Array(header.buffer, 0, CHECKED_BYTES);
    this.#chain = crc32(content, crc32(checked, this.#chain));
    header[3] = this.#chain;
    this.#pieces.push(new Blob([header, content]));
  }

  finish(): Blob {
    return new Blob(this.#pieces, { type: FILE_TYPE });
  }
}

/**
 * The frames of a file, one at a time, each checked. Ends after the frame `end`.
 * @throws RetrievalError `INVALID_FILE`, `FORMAT_TOO_NEW`
 */
export async function* readFrames(file: Blob): AsyncGenerator<Frame> {
  const preamble = await readBytes(file, 0, PREAMBLE_BYTES, "it is shorter than its first line");
  if (!SIGNATURE.every((byte, at) => preamble[at] === byte)) throw invalid("it is none of ours");
  const version = new DataView(preamble.buffer).getUint32(SIGNATURE.length, true);
  if (version > VERSION) {
    throw new RetrievalError("FORMAT_TOO_NEW", "the file was written by a newer version", {
      value: version,
      repair: "Load the newer version of Nearfield.",
    });
  }
  if (version !== VERSION) throw invalid("there is no such version");
  let at = PREAMBLE_BYTES;
  let chain = 0;
  for (let sequence = 0; ; sequence++) {
    const bytes = await readBytes(file, at, HEADER_BYTES, "it is cut off");
    const [code, place, length, checksum] = new Uint32Array(bytes.buffer) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const kind = kindOf(code);
    if (!kind || place !== sequence) throw invalid("a frame is not in its place");
    if (length > MAX_CONTENT_BYTES || length % 4 !== 0) throw invalid("a frame is too long");
    at += HEADER_BYTES;
    // Before anything is allocated for it: a false length may name more than there is.
    const content = await readBytes(file, at, length, "it is cut off");
    at += length;
    chain = crc32(content, crc32(bytes.subarray(0, CHECKED_BYTES), chain));
    if (chain !== checksum) throw invalid("the checksum of a frame is wrong");
    if (kind === "end" && at !== file.size) throw invalid("something follows its end");
    yield { kind, content };
    if (kind === "end") return;
  }
}

/** The error for a file that can not be imported. */
export function invalid(problem: string, cause?: unknown): RetrievalError {
  return new RetrievalError("INVALID_FILE", `the file can not be imported: ${problem}`, {
    repair: "Export it anew; nothing was changed here.",
    cause,
  });
}

async function readBytes(file: Blob, at: number, length: number, problem: string): Promise<Bytes> {
  if (at + length > file.size) throw invalid(problem);
  try {
    return new Uint8Array(await file.slice(at, at + length).arrayBuffer());
  } catch (cause) {
    // The file was moved or changed on disk since the person chose it.
    throw invalid("it can not be read any more", cause);
  }
}

function kindOf(code: number): FrameKind | undefined {
  return (Object.keys(FRAME_KINDS) as FrameKind[]).find((kind) => FRAME_KINDS[kind] === code);
}
