/** Not text that anybody reads. */
const SKIPPED = new Set([
  "SCRIPT",
  "STYLE",
  "NOSCRIPT",
  "TEMPLATE",
  "SVG",
  "IFRAME",
  "OBJECT",
  "HEAD",
  "NAV",
]);

/** What begins on a line of its own. */
const BLOCKS = new Set(
  (
    "ADDRESS ARTICLE ASIDE BLOCKQUOTE DD DETAILS DIV DL DT FIELDSET FIGCAPTION FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 " +
    "HEADER HR LI MAIN OL P PRE SECTION SUMMARY TABLE TR UL"
  ).split(" "),
);

/**
 * The readable text of an HTML source. It is parsed into an inert document: no script in it runs, no image is fetched, no
 * style applies; and only text nodes are taken out of it.
 */
export function extractText(source: string): { title: string | undefined; text: string } {
  const page = new DOMParser().parseFromString(source, "text/html");
  const parts: string[] = [];
  // A stack of our own: nesting of a hundred thousand elements must not overflow the engine's.
  const pending: (Node | string)[] = [page.body];
  while (pending.length > 0) {
    const node = pending.pop();
    if (node === undefined) break;
    if (typeof node === "string") parts.push(node);
    else if (node instanceof Text) parts.push(textOf(node));
    else if (node instanceof Element && !SKIPPED.has(node.tagName.toUpperCase())) {
      const edge = edgeOf(node.tagName);
      parts.push(edge);
      pending.push(edge);
      for (let child = node.lastChild; child; child = child.previousSibling) pending.push(child);
    }
  }
  const text = parts
    .join("")
    .replace(/[^\S\n]*\n[^\S\n]*/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
  const title = (page.title || page.querySelector("h1")?.textContent || "")
    .replace(/\s+/g, " ")
    .trim();
  return { title: title || undefined, text };
}

function edgeOf(tag: string): string {
  if (tag === "BR") return "\n";
  if (tag === "TD" || tag === "TH") return " ";
  return tag === "LI" || tag === "TR" ? "\n" : BLOCKS.has(tag) ? "\n\n" : "";
}

function textOf(node: Text): string {
  return node.parentElement?.closest("pre") ? node.data : node.data.replace(/\s+/g, " ");
}
