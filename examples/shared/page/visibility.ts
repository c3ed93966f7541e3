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

/** How it is told what a reader sees of a page. */
export interface Reading {
  /** Whether a reader sees `element`, as far as itself says: what is around it has been asked before. */
  isRead(element: Element): boolean;
  /** Whether it stands apart from what is before and behind it. */
  isBlock(element: Element): boolean;
}

/** A page that is open: its layout knows. */
export const LAID_OUT: Reading = {
  isRead(element) {
    if (element.matches(LEFT_OUT)) return false;
    // Text that only a scroll away from being laid out is part of the page, so `content-visibility: auto` hides nothing.
    return element.checkVisibility({ visibilityProperty: true }) || isUnboxed(element);
  },
  isBlock(element) {
    const { display } = getComputedStyle(element);
    return !display.startsWith("inline") && display !== "contents";
  },
};

/** A page that was parsed and is shown nowhere: no style applies, so its elements mean what HTML says of them. */
export const PARSED: Reading = {
  isRead: (element) =>
    !element.matches(LEFT_OUT) &&
    !/(?:display\s*:\s*none|visibility\s*:\s*hidden)/i.test(element.getAttribute("style") ?? ""),
  isBlock: (element) => !element.matches(INLINE),
};

/** Elements of HTML that stand in a line, unless a style says otherwise. */
const INLINE =
  "a,abbr,b,bdi,bdo,cite,code,data,del,dfn,em,font,i,img,ins,kbd,label,mark,meter,output,picture,progress,q,rp,rt,ruby,s,samp,small,span,strong,sub,sup,time,tt,u,var,wbr";

/** `display: contents` makes no box, and its children are seen all the same. */
function isUnboxed(element: Element): boolean {
  return getComputedStyle(element).display === "contents";
}
