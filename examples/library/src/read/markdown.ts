import { marked } from "marked";
import { parseHtml, tidyTitle, type Content } from "./page.ts";
import { readTree } from "./tree.ts";

/** The block at the head of a file in which other programs note title and date. */
const FRONT_MATTER = /^---\n(?<notes>[\s\S]*?)\n(?:---|\.\.\.)(?:\n|$)/;

/** Markdown (with GitHub's tables and lists) as HTML, which is not to be trusted more than its source. */
export function htmlOfMarkdown(source: string): string {
  return marked.parse(source.replace(FRONT_MATTER, ""), { async: false, gfm: true });
}

/** The readable text of a Markdown source, without its marks. */
export function readMarkdown(source: string): Content {
  const page = parseHtml(htmlOfMarkdown(source));
  const noted = /^title:\s*["']?(.+?)["']?\s*$/m.exec(
    FRONT_MATTER.exec(source)?.groups?.["notes"] ?? "",
  )?.[1];
  const title = noted ?? page.querySelector("h1, h2")?.textContent ?? "";
  return { title: tidyTitle(title), text: readTree(page.body).text };
}
