// Line plots with two logarithmic axes, as SVG that needs no script and no font.

export interface Series {
  readonly title: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface PlotOptions {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
}

const WIDTH = 720;
const HEIGHT = 400;
/** Room for the axes' numbers, the title and the names of the series. */
const MARGIN = { left: 70, right: 190, top: 40, bottom: 50 };
/** Told apart by people with any colour vision (Okabe and Ito), and by their marks. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
/** Names of series are at least so far apart. */
const NAME_HEIGHT = 16;

/** One line for each series, with its name at its end. Values must be above 0. */
export function plot({ title, xTitle, yTitle, series }: PlotOptions): string {
  const all = series.flatMap(({ points }) => points);
  const x = scale(
    all.map(([value]) => value),
    MARGIN.left,
    WIDTH - MARGIN.right,
  );
  const y = scale(
    all.map(([, value]) => value),
    HEIGHT - MARGIN.bottom,
    MARGIN.top,
  );
  const names = placeNames(series, y.at);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(MARGIN.left, 22, title, 'font-weight="bold"'),
    ...x.ticks.flatMap((tick) => [
      line(x.at(tick), MARGIN.top, x.at(tick), HEIGHT - MARGIN.bottom, "#dddddd"),
      text(x.at(tick), HEIGHT - MARGIN.bottom + 18, short(tick), 'text-anchor="middle"'),
    ]),
    ...y.ticks.flatMap((tick) => [
      line(MARGIN.left, y.at(tick), WIDTH - MARGIN.right, y.at(tick), "#dddddd"),
      text(MARGIN.left - 8, y.at(tick) + 4, short(tick), 'text-anchor="end"'),
    ]),
    text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 10, xTitle, 'text-anchor="middle"'),
    text(14, HEIGHT / 2, yTitle, `text-anchor="middle" transform="rotate(-90 14 ${HEIGHT / 2})"`),
    ...series.flatMap(({ title: name, points }, index) => {
      const colour = COLOURS[index % COLOURS.length] as string;
      const places = points.map(([px, py]) => [x.at(px), y.at(py)] as const);
      const path = places.map(([px, py]) => `${round(px)},${round(py)}`).join(" ");
      const end = places.at(-1);
      return [
        `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...places.map(
          ([px, py]) => `<circle cx="${round(px)}" cy="${round(py)}" r="3.5" fill="${colour}"/>`,
        ),
        ...(end
          ? [text(end[0] + 8, (names.get(name) ?? end[1]) + 4, name, `fill="${colour}"`)]
          : []),
      ];
    }),
    "</svg>",
    "",
  ].join("\n");
}

/** Heights of the names, moved apart where lines end close to one another. */
function placeNames(
  series: readonly Series[],
  height: (value: number) => number,
): Map<string, number> {
  const ends = series
    .flatMap(({ title, points }) => {
      const last = points.at(-1);
      return last ? [{ title, at: height(last[1]) }] : [];
    })
    .toSorted((a, b) => a.at - b.at);
  const placed = new Map<string, number>();
  let least = -Infinity;
  for (const { title, at } of ends) {
    least = Math.max(at, least + NAME_HEIGHT);
    placed.set(title, least);
  }
  return placed;
}

interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Logarithmic, over whole powers of ten. */
function scale(values: readonly number[], from: number, to: number): Scale {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  const step = (to - from) / (last - first);
  return {
    at: (value) => from + (Math.log10(value) - first) * step,
    ticks: Array.from({ length: last - first + 1 }, (_, at) => 10 ** (first + at)),
  };
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map(round);
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="${colour}"/>`;
}

function text(x: number, y: number, value: string, attributes = ""): string {
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}>${escape(value)}</text>`;
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  if (value >= 1e3) return `${value / 1e3}k`;
  return String(Number(value.toPrecision(3)));
}

const round = (value: number): number => Math.round(value * 10) / 10;

function escape(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
