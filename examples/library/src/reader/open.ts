import { htmlOfMarkdown } from "../read/markdown.ts";
import { parseHtml } from "../read/page.ts";
import { bytesOf, sourceOf } from "../read/read.ts";
import type { Kind } from "../read/kind.ts";
import { BookView } from "./book-view.ts";
import { PageView } from "./page-view.ts";
import { PdfView } from "./pdf-view.ts";
import { TextView } from "./text-view.ts";
import type { View } from "./view.ts";

/** How an original is shown. @throws FileProblem */
export async function openView(kind: Kind, original: Blob): Promise<View> {
  switch (kind) {
    case "markdown":
      return new PageView(parseHtml(htmlOfMarkdown(await sourceOf(original))));
    case "html":
      return new PageView(parseHtml(await sourceOf(original)));
    case "text":
      return new TextView(await sourceOf(original));
    case "pdf":
      return PdfView.open(await bytesOf(original));
    case "epub":
      return BookView.open(original);
    default:
      return kind satisfies never;
  }
}
