import type { PDFDocumentProxy } from "pdfjs-dist";
// oxlint-disable-next-line import/default -- Vite gives the address of the file as its default export.
import workerUrl from "pdfjs-dist/legacy/build/pdf.worker.min.mjs?url";
import { readItems, type PdfItem } from "./pdf-text.ts";
import { tidyTitle, type Content } from "./page.ts";
import { FileProblem } from "./problem.ts";
import { joinSections } from "./section.ts";

/** Thicker ones are archives; their text would be too long for one document anyway. */
const MAX_PAGES = 5_000;

/**
 * Opens a PDF in the worker of pdf.js, which is fetched at the first one. Call `loadingTask.destroy()` when done.
 * @throws FileProblem for one that is locked or broken
 */
export async function openPdf(bytes: Uint8Array): Promise<PDFDocumentProxy> {
  const { getDocument, GlobalWorkerOptions } = await import("./pdf-engine.ts");
  GlobalWorkerOptions.workerSrc ||= workerUrl;
  const assets = (name: string): string => new URL(`pdf/${name}/`, document.baseURI).href;
  try {
    return await getDocument({
      data: bytes,
      cMapUrl: assets("cmaps"),
      standardFontDataUrl: assets("standard_fonts"),
      wasmUrl: assets("wasm"),
      iccUrl: assets("iccs"),
      // Forms and scripts of a PDF are nothing to read.
      enableXfa: false,
    }).promise;
  } catch (thrown) {
    throw problemOf(thrown);
  }
}

/** The texts of all pages, and the title where the PDF names one. */
export async function readPdf(bytes: Uint8Array, signal: AbortSignal): Promise<Content> {
  const pdf = await openPdf(bytes);
  try {
    if (pdf.numPages > MAX_PAGES) {
      throw new FileProblem(`It has ${pdf.numPages} pages, and the limit is ${MAX_PAGES}.`);
    }
    const sections: string[] = [];
    for (let at = 1; at <= pdf.numPages; at++) {
      signal.throwIfAborted();
      sections.push(await readPage(pdf, at));
    }
    if (sections.every((text) => text.trim() === "")) {
      throw new FileProblem(
        "There is no text in it. It may be made of pictures, as scans are: run text recognition on it first.",
      );
    }
    const { info } = await pdf.getMetadata().catch(() => ({ info: {} }));
    const named = "Title" in info && typeof info.Title === "string" ? info.Title : "";
    return { title: tidyTitle(named), text: joinSections(sections) };
  } finally {
    await pdf.loadingTask.destroy();
  }
}

/** The items of a page that are text, in the order of the text layer. */
export async function itemsOf(pdf: PDFDocumentProxy, number: number): Promise<readonly PdfItem[]> {
  const page = await pdf.getPage(number);
  const { items } = await page.getTextContent();
  return items.filter((item) => "str" in item);
}

async function readPage(pdf: PDFDocumentProxy, number: number): Promise<string> {
  try {
    return readItems(await itemsOf(pdf, number)).text;
  } catch {
    // One page that is broken is no reason to lose the others. It stays empty, so that page numbers stay right.
    return "";
  }
}

function problemOf(thrown: unknown): FileProblem {
  const name = thrown instanceof Error ? thrown.name : "";
  if (name === "PasswordException") {
    return new FileProblem("It is locked with a password. Save a copy without one and add that.");
  }
  if (name === "InvalidPDFException" || name === "FormatError") {
    return new FileProblem("It is broken, or it is no PDF. Nothing could be read from it.");
  }
  return new FileProblem("It could not be opened as a PDF.");
}
