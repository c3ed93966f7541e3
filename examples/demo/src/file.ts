import type { DocumentInput } from "nearfield";
import { extractText } from "./html.ts";

/** Why a file was not taken, in words for the person who gave it. */
export class FileProblem extends Error {
  override readonly name = "FileProblem";
}

/** 5 MB: a thick book. Beyond it something else was meant than a text to search in. */
const MAX_BYTES = 5_000_000;

/** An inert document is built of an HTML file, on the page's own thread: 2 MB take about a tenth of a second. */
const MAX_HTML_BYTES = 2_000_000;

const KINDS: Readonly<Record<string, "markdown" | "text" | "html">> = {
  md: "markdown",
  markdown: "markdown",
  txt: "text",
  html: "html",
  htm: "html",
};

/**
 * A dropped file as a document of the index, named by its file name.
 * @throws FileProblem where it is no text, empty, too large, or of another kind
 */
export async function readFile(file: File): Promise<DocumentInput> {
  const extension = file.name.split(".").at(-1)?.toLowerCase() ?? "";
  const kind = KINDS[extension];
  if (!kind) {
    throw new FileProblem(
      "It is not a .md, .txt or .html file, the three kinds that are read here.",
    );
  }
  const limit = kind === "html" ? MAX_HTML_BYTES : MAX_BYTES;
  if (file.size > limit) {
    throw new FileProblem(
      `It has ${megabytes(file.size)} and the limit is ${megabytes(limit)}. Split it and drop the parts.`,
    );
  }
  const source = decode(await bytesOf(file));
  const { title, text } =
    kind === "html"
      ? extractText(source)
      : { title: kind === "markdown" ? headingOf(source) : undefined, text: source };
  if (text.trim() === "") throw new FileProblem("There is no text in it.");
  const format = kind === "markdown" ? "markdown" : "text";
  return {
    id: `file/${file.name}`,
    title: title || file.name,
    text,
    fields: { file: file.name, format, own: true },
  };
}

async function bytesOf(file: File): Promise<ArrayBuffer> {
  try {
    return await file.arrayBuffer();
  } catch {
    // What a folder gives, and a file that was moved away in the meantime.
    throw new FileProblem("It can not be read. If it is a folder, drop the files in it.");
  }
}

function decode(bytes: ArrayBuffer): string {
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  const isWide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const encoding = !isWide ? "utf-8" : first === 0xff ? "utf-16le" : "utf-16be";
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new FileProblem("It is not UTF-8 text. Save it as UTF-8 and drop it again.");
  }
  if (text.includes("\0"))
    throw new FileProblem("It looks like a program or a picture, not like text.");
  return text.replace(/\r\n?/g, "\n");
}

function headingOf(source: string): string | undefined {
  return /^#{1,6}\s+(.{1,200})$/m.exec(source)?.[1]?.replace(/[*`#]/g, "").trim();
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
