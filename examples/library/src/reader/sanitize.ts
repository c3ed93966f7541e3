import DOMPurify from "dompurify";
import { UNREAD } from "../read/tree.ts";

/** Attributes that tell something to a reader. No style, no id, no handler: a document looks like this app, and acts like none. */
const ATTRIBUTES = [
  "alt",
  "colspan",
  "datetime",
  "dir",
  "href",
  "lang",
  "open",
  "rowspan",
  "scope",
  "src",
  "start",
  "title",
];

/** Frames, forms and players have no place in a text. Words in them stay. */
const FORBIDDEN = [
  "style",
  "form",
  "input",
  "button",
  "label",
  "dialog",
  "map",
  "area",
  "source",
  "track",
];

/** Pictures that are in the file itself; whatever else a document names would have to be fetched. */
const OWN_PICTURE = /^(?:blob:|data:image\/(?:png|jpeg|gif|webp|avif);)/;
const LINK = /^(?:https?:|mailto:)/i;

const purifier = DOMPurify(window);
purifier.addHook("afterSanitizeAttributes", (element) => {
  if (element.nodeName === "IMG" && !OWN_PICTURE.test(element.getAttribute("src") ?? "")) {
    element.remove();
  }
  if (element.nodeName !== "A") return;
  // A link within the file leads nowhere here.
  if (!LINK.test(element.getAttribute("href") ?? "")) element.removeAttribute("href");
  else {
    element.setAttribute("target", "_blank");
    element.setAttribute("rel", "noopener noreferrer nofollow");
  }
});

/**
 * The body of a document that is not trusted, fit to be shown: no script, no handler, no style, no form, nothing that is fetched. Its
 * text is that of the document. `body` belongs to a document that is shown nowhere, and loses what is not shown.
 */
export function sanitize(body: Element): DocumentFragment {
  for (const unread of body.querySelectorAll(UNREAD)) unread.remove();
  return purifier.sanitize(body.innerHTML, {
    RETURN_DOM_FRAGMENT: true,
    USE_PROFILES: { html: true },
    ALLOWED_ATTR: ATTRIBUTES,
    FORBID_TAGS: FORBIDDEN,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|blob:|data:image\/)/i,
  });
}
