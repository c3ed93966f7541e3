import { readTree } from "./tree.ts";

/** What is in a document, as the index wants it. */
export interface Content {
  readonly title: string | undefined;
  readonly text: string;
}

/** Longer ones are no titles. */
const TITLE_LENGTH = 300;

/**
 * An HTML source as a document that is not shown anywhere: no script in it runs, no image is fetched, no style applies.
 */
export function parseHtml(source: string): Document {
  return new DOMParser().parseFromString(source, "text/html");
}

/** The readable text of an HTML source. */
export function readHtml(source: string): Content {
  const page = parseHtml(source);
  const title = page.title || page.querySelector("h1")?.textContent || "";
  return { title: tidyTitle(title), text: readTree(page.body).text };
}

/** A title in one line; undefined where there is none. */
export function tidyTitle(title: string): string | undefined {
  const tidy = title.replace(/\s+/g, " ").trim();
  return tidy === "" ? undefined : tidy.slice(0, TITLE_LENGTH);
}
