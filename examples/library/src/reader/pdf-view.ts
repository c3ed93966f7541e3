import type { PDFDocumentProxy, PDFPageProxy } from "pdfjs-dist";
import { make } from "../../../shared/element.ts";
import { openPdf } from "../read/pdf.ts";
import { readItems } from "../read/pdf-text.ts";
import { locate, markNodes, type Passage } from "./passage.ts";
import { bringIntoSight, type View } from "./view.ts";

/** Sharper than this nobody sees, and the memory of a page grows with its square. */
const MAX_PIXEL_RATIO = 2;

/** Pages are drawn when they come so near to the window. */
const NEAR = "600px 0px";

/** Many pages drawn at once would fill the memory: those far away are cleared again. */
const DRAWN_AT_MOST = 12;

interface Sheet {
  readonly element: HTMLElement;
  readonly number: number;
  drawn: Promise<void> | undefined;
  /** In points; 0 before it was drawn. */
  width: number;
}

/** A PDF as it is, its pages drawn when they come into sight, with its text above them to be marked, selected and read aloud. */
export class PdfView implements View {
  readonly element: HTMLElement = make("div", { class: "pdf" });
  readonly #pdf: PDFDocumentProxy;
  readonly #sheets: Sheet[];
  readonly #observer: IntersectionObserver;
  readonly #sizes = new ResizeObserver(() => this.#rescale());
  #wanted: { readonly number: number; readonly passage: Passage } | undefined;

  private constructor(pdf: PDFDocumentProxy, ratio: number) {
    this.#pdf = pdf;
    this.#sheets = Array.from({ length: pdf.numPages }, (_, at) => {
      const element = make("section", {
        class: "sheet",
        "aria-label": `Page ${at + 1} of ${pdf.numPages}`,
      });
      // Until its own size is known a page has that of the first one, so that nothing jumps about.
      element.style.aspectRatio = String(ratio);
      return { element, number: at + 1, drawn: undefined, width: 0 };
    });
    this.element.append(...this.#sheets.map(({ element }) => element));
    this.#observer = new IntersectionObserver((entries) => this.#onSight(entries), {
      rootMargin: NEAR,
    });
    this.#sizes.observe(this.element);
  }

  /** @throws FileProblem */
  static async open(bytes: Uint8Array): Promise<PdfView> {
    const pdf = await openPdf(bytes);
    const { width, height } = (await pdf.getPage(1)).getViewport({ scale: 1 });
    return new PdfView(pdf, width / height);
  }

  async show(section: number, passage: Passage | undefined): Promise<boolean> {
    const sheet = this.#sheets[section] ?? this.#sheets[0];
    if (!sheet) return false;
    this.#wanted = passage && { number: sheet.number, passage };
    if (sheet.number > 1) sheet.element.scrollIntoView({ block: "start" });
    await this.#draw(sheet);
    const mark = sheet.element.querySelector("mark") ?? undefined;
    bringIntoSight(mark);
    for (const { element } of this.#sheets) this.#observer.observe(element);
    return mark !== undefined;
  }

  close(): void {
    this.#observer.disconnect();
    this.#sizes.disconnect();
    this.element.replaceChildren();
    void this.#pdf.loadingTask.destroy();
  }

  #onSight(entries: readonly IntersectionObserverEntry[]): void {
    for (const { isIntersecting, target } of entries) {
      const sheet = this.#sheets.find(({ element }) => element === target);
      // A page that can not be drawn says so itself.
      if (sheet && isIntersecting) this.#draw(sheet).catch(() => {});
    }
  }

  #draw(sheet: Sheet): Promise<void> {
    sheet.drawn ??= this.#drawNow(sheet).catch(() => {
      sheet.element.replaceChildren(
        make("p", { class: "broken" }, `Page ${sheet.number} is broken and can not be shown.`),
      );
    });
    return sheet.drawn;
  }

  async #drawNow(sheet: Sheet): Promise<void> {
    const { TextLayer } = await import("../read/pdf-engine.ts");
    const page = await this.#pdf.getPage(sheet.number);
    const natural = page.getViewport({ scale: 1 });
    sheet.element.style.aspectRatio = String(natural.width / natural.height);
    sheet.width = natural.width;
    const scale = scaleOf(sheet);
    const viewport = page.getViewport({ scale });
    const canvas = await drawPage(page, scale);
    const container = make("div", { class: "textLayer" });
    container.style.setProperty("--total-scale-factor", String(scale));
    const content = await page.getTextContent();
    const layer = new TextLayer({ textContentSource: content, container, viewport });
    await layer.render();
    sheet.element.replaceChildren(canvas, container);
    if (this.#wanted?.number === sheet.number) {
      const items = content.items.filter((item) => "str" in item);
      const ranges = locate(readItems(items), this.#wanted.passage) ?? [];
      markNodes(
        ranges.flatMap(({ source, from, to }) => {
          const text = layer.textDivs[source]?.firstChild;
          return text instanceof Text ? [{ source: text, from, to }] : [];
        }),
      );
    }
    this.#clearFar(sheet.number);
  }

  /** The picture stretches by itself; the text above it has to follow. */
  #rescale(): void {
    for (const sheet of this.#sheets) {
      const layer = sheet.element.querySelector<HTMLElement>(".textLayer");
      layer?.style.setProperty("--total-scale-factor", String(scaleOf(sheet)));
    }
  }

  #clearFar(number: number): void {
    const drawn = this.#sheets.filter((sheet) => sheet.drawn !== undefined);
    if (drawn.length <= DRAWN_AT_MOST) return;
    const far = drawn.reduce((a, b) =>
      Math.abs(a.number - number) > Math.abs(b.number - number) ? a : b,
    );
    far.drawn = undefined;
    far.element.replaceChildren();
    // Observed anew, it is drawn again when it comes back.
    this.#observer.unobserve(far.element);
    this.#observer.observe(far.element);
  }
}

function scaleOf({ element, width }: Sheet): number {
  return element.clientWidth / width || 1;
}

async function drawPage(page: PDFPageProxy, scale: number): Promise<HTMLCanvasElement> {
  const ratio = Math.min(devicePixelRatio || 1, MAX_PIXEL_RATIO);
  const viewport = page.getViewport({ scale: scale * ratio });
  const canvas = make("canvas", {
    width: Math.floor(viewport.width),
    height: Math.floor(viewport.height),
    "aria-hidden": "true",
  });
  await page.render({ canvas, viewport }).promise;
  return canvas;
}
