/** Parts of a page that help to get about in it, or to work it, and say nothing themselves. */
const LEFT_OUT = [
  "script",
  "style",
  "noscript",
  "template",
  "nav",
  "menu",
  "svg",
  "canvas",
  "iframe",
  "object",
  "audio",
  "video",
  "select",
  "textarea",
  "input",
  "button",
  "dialog:not([open])",
  "details:not([open]) > :not(summary)",
  "[hidden]",
  "[inert]",
  "[aria-hidden='true']",
  "[contenteditable]:not([contenteditable='false'])",
  "[role='navigation']",
  "[role='menu']",
  "[role='menubar']",
  "[role='tablist']",
  "[role='toolbar']",
  "[role='search']",
  "[role='textbox']",
  "nearfield-find",
].join(",");

/** Whether a reader sees `element`, as far as itself says: what is around it has been asked before. */
export function isRead(element: Element): boolean {
  if (element.matches(LEFT_OUT)) return false;
  // Text that only a scroll away from being laid out is part of the page, so `content-visibility: auto` hides nothing.
  return element.checkVisibility({ visibilityProperty: true }) || isUnboxed(element);
}

/** `display: contents` makes no box, and its children are seen all the same. */
function isUnboxed(element: Element): boolean {
  return getComputedStyle(element).display === "contents";
}
