import { decodeText } from "./decode.ts";
import { readEpub } from "./epub.ts";
import type { Kind } from "./kind.ts";
import { readMarkdown } from "./markdown.ts";
import { readHtml, type Content } from "./page.ts";
import { readPdf } from "./pdf.ts";
import { FileProblem } from "./problem.ts";

/** The longest text that Nearfield takes as one document, in UTF-16 code units. */
const MAX_CHARACTERS = 4_000_000;

/**
 * What a file says, whatever it is written in.
 * @throws FileProblem in words for the person who gave it; the reason of `signal`
 */
export async function readContent(kind: Kind, blob: Blob, signal: AbortSignal): Promise<Content> {
  const { title, text } = await readKind(kind, blob, signal);
  if (text.trim() === "") throw new FileProblem("There is no text in it.");
  if (text.length > MAX_CHARACTERS) {
    throw new FileProblem(
      `It has ${(text.length / 1e6).toFixed(1)} million characters, and the limit is ${MAX_CHARACTERS / 1e6} million. Split it and add the parts.`,
    );
  }
  return { title, text };
}

async function readKind(kind: Kind, blob: Blob, signal: AbortSignal): Promise<Content> {
  switch (kind) {
    case "markdown":
      return readMarkdown(await sourceOf(blob));
    case "html":
      return readHtml(await sourceOf(blob));
    case "text":
      return { title: undefined, text: await sourceOf(blob) };
    case "pdf":
      return readPdf(await bytesOf(blob), signal);
    case "epub":
      return readEpub(blob, signal);
    default:
      return kind satisfies never;
  }
}

/** The source of a text, Markdown or HTML file: the same for the index and for the view. */
export async function sourceOf(blob: Blob): Promise<string> {
  return decodeText(await bytesOf(blob));
}

/** @throws FileProblem for what can not be read any more */
export async function bytesOf(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    throw new FileProblem(
      "It can not be read any more. It may have been moved or changed; add it again.",
    );
  }
}
