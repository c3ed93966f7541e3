/** Part of the window's height above and below that does not count as a good place to read. */
const EDGE = 0.12;

/**
 * Scrolls to a passage, unless it stands where it can be read already. The page's focus and selection stay what they were.
 * @param covered pixels at the top of the window that something of ours lies over
 */
export function reveal(range: Range, covered = 0): void {
  const { top, bottom } = range.getBoundingClientRect();
  const [from, to] = [Math.max(innerHeight * EDGE, covered), innerHeight * (1 - EDGE)];
  const element = range.startContainer.parentElement;
  if (!element || (top >= from && bottom <= to && isInsideItsBoxes(element))) return;
  // At once: a page that scrolls smoothly would still be on its way when we look where it got to.
  element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
  // The passage may be far down in a long element.
  const there = range.getBoundingClientRect().top;
  if (there < from || there > to) {
    scrollBy({ top: there - Math.max(innerHeight / 3, from), behavior: "instant" });
  }
}

/** Whether no scrolled box around it hides it. */
function isInsideItsBoxes(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  for (let box = element.parentElement; box && box !== document.body; box = box.parentElement) {
    if (box.scrollHeight <= box.clientHeight) continue;
    if (getComputedStyle(box).overflowY === "visible") continue;
    const outer = box.getBoundingClientRect();
    if (bottom > outer.bottom || top < outer.top) return false;
  }
  return true;
}
