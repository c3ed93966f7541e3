/** The kinds of files that the library reads. */
export type Kind = "markdown" | "text" | "html" | "pdf" | "epub";

interface KindFacts {
  /** As a person calls one of them, and several. */
  readonly one: string;
  readonly many: string;
  readonly extensions: readonly string[];
  readonly types: readonly string[];
  /** Larger files are refused before anything of them is read. */
  readonly maxBytes: number;
}

const MB = 1_000_000;

/** HTML and Markdown become a document tree on the page's own thread: 5 MB of it take some tenths of a second. */
export const KINDS: Readonly<Record<Kind, KindFacts>> = {
  markdown: {
    one: "Markdown",
    many: "Markdown",
    extensions: ["md", "markdown", "mdown"],
    types: ["text/markdown"],
    maxBytes: 5 * MB,
  },
  text: {
    one: "Text",
    many: "Texts",
    extensions: ["txt", "text", "log"],
    types: ["text/plain"],
    maxBytes: 8 * MB,
  },
  html: {
    one: "Web page",
    many: "Web pages",
    extensions: ["html", "htm", "xhtml"],
    types: ["text/html", "application/xhtml+xml"],
    maxBytes: 5 * MB,
  },
  pdf: {
    one: "PDF",
    many: "PDFs",
    extensions: ["pdf"],
    types: ["application/pdf"],
    maxBytes: 200 * MB,
  },
  epub: {
    one: "Book",
    many: "Books",
    extensions: ["epub"],
    types: ["application/epub+zip"],
    maxBytes: 200 * MB,
  },
};

export const KIND_NAMES: readonly Kind[] = Object.keys(KINDS) as Kind[];

/** Every ending that the library reads, with its dot, as a file input wants them. */
export const ACCEPT: string = KIND_NAMES.flatMap((kind) =>
  KINDS[kind].extensions.map((extension) => `.${extension}`),
).join(",");

/** What a file is, by the ending of its name and, where that has none, by the type that it came with. */
export function kindOf(name: string, type = ""): Kind | undefined {
  const [, extension] = /\.([^./\\]+)$/.exec(name) ?? [];
  const bare = type.split(";")[0]?.trim().toLowerCase() ?? "";
  return KIND_NAMES.find((kind) => {
    const { extensions, types } = KINDS[kind];
    return extension === undefined
      ? types.includes(bare)
      : extensions.includes(extension.toLowerCase());
  });
}
