const PATHS = {
  up: "m6 15 6-6 6 6",
  down: "m6 9 6 6 6-6",
  close: "m7 7 10 10M17 7 7 17",
} as const;

/** A sign of strokes in the colour of the text around it. It says nothing to a screen reader: its button does. */
export function icon(name: keyof typeof PATHS): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
