import DOMPurify from "dompurify";
import { UNREAD } from "../read/tree.ts";

/** What a text is made of. No style, form, frame or player; words in them stay. */
const TAGS = (
  "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn div dl dt em " +
  "fieldset figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd legend li main mark menu nav ol p pre q rp rt ruby " +
  "s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr"
).split(" ");

/** What tells something to a reader. No style, id or handler: a document looks like this app, and acts like none. */
const ATTRIBUTES = "alt colspan datetime dir href lang open rowspan scope src start title".split(
  " ",
);

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
    // Lists of our own: a profile of DOMPurify would take their place.
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|blob:|data:image\/)/i,
  });
}
