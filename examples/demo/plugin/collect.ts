import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";

/** One document of the demo's library, in the form that `Search.add` takes. */
export interface CorpusDocument {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly fields: {
    readonly package: string;
    readonly version: string;
    readonly licence: string;
    readonly path: string;
    readonly format: "markdown";
  };
}

export interface Corpus {
  readonly documents: readonly CorpusDocument[];
  readonly characters: number;
  readonly packages: number;
}

/**
 * How much text is taken, in UTF-16 code units. Measured: this Markdown has about 375 of them to a passage, so that the
 * library comes to some 400 passages: enough to search in, and soon read.
 */
const BUDGET_CHARACTERS = 150_000;

/** Shorter ones only say where the real documentation is. */
const MIN_CHARACTERS = 1_200;

/** Longer ones are lists (models, exports), and one of them would crowd out ten others. */
const MAX_CHARACTERS = 16_000;

/** Least share of plain words outside code. Below it, a file is a table of options or a list of links. */
const MIN_PROSE = 0.3;

const SKIPPED = /licen[cs]e|changelog|changes|history|security|contributing|conduct|notice/i;

/** Whole documents of the packages below `<workspace>/node_modules`, the same ones in the same order on each run. */
export function collectCorpus(workspace: string): Corpus {
  const seen = new Set<string>();
  const candidates = installedPackages(workspace).flatMap((folder) => readPackage(folder, seen));
  const direct = directDependencies(workspace);
  const isDirect = ({ document }: Candidate): number => Number(direct.has(document.fields.package));
  candidates.sort(
    (a, b) =>
      isDirect(b) - isDirect(a) || b.prose - a.prose || compare(a.document.id, b.document.id),
  );

  const documents: CorpusDocument[] = [];
  let characters = 0;
  for (const { document } of candidates) {
    if (characters + document.text.length > BUDGET_CHARACTERS) continue;
    documents.push(document);
    characters += document.text.length;
  }
  // Short ones first: after a second or two there is something of many packages to be found.
  documents.sort((a, b) => a.text.length - b.text.length || compare(a.id, b.id));
  const packages = new Set(documents.map((document) => document.fields.package)).size;
  return { documents, characters, packages };
}

interface Candidate {
  readonly document: CorpusDocument;
  readonly prose: number;
}

/** What the workspace itself asks for: the packages that its readers know. */
function directDependencies(workspace: string): ReadonlySet<string> {
  const manifest = JSON.parse(readFileSync(join(workspace, "package.json"), "utf8")) as {
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly devDependencies?: Readonly<Record<string, string>>;
  };
  return new Set(Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }));
}

/** Folders of the installed packages, sorted: those of pnpm's store, else the top level of `node_modules`. */
function installedPackages(workspace: string): string[] {
  const modules = join(workspace, "node_modules");
  const store = join(modules, ".pnpm");
  const roots = existsSync(store)
    ? listFolders(store).map((name) => join(store, name, "node_modules"))
    : [modules];
  const folders = roots.filter(existsSync).flatMap((root) =>
    listFolders(root).flatMap((name) => {
      const path = join(root, name);
      return name.startsWith("@") ? listFolders(path).map((inner) => join(path, inner)) : [path];
    }),
  );
  return folders.filter((folder) => existsSync(join(folder, "package.json"))).sort(compare);
}

/** Real folders only: pnpm's links lead to packages that are visited anyway. */
function listFolders(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => entry.name);
}

function readPackage(folder: string, seen: Set<string>): Candidate[] {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly name?: string;
    readonly version?: string;
    readonly license?: unknown;
  };
  const { name, version = "", license } = manifest;
  if (!name) return [];
  const licence = typeof license === "string" ? license : "see the package";
  return markdownFiles(folder).flatMap((path) => {
    const text = withoutInvisible(readFileSync(join(folder, path), "utf8"));
    const hash = createHash("sha256").update(text).digest("hex");
    const id = `${name}/${path}`;
    if (text.length < MIN_CHARACTERS || text.length > MAX_CHARACTERS) return [];
    if (seen.has(hash) || seen.has(id)) return [];
    const prose = proseShare(text);
    if (prose < MIN_PROSE) return [];
    seen.add(hash).add(id);
    const fields = { package: name, version, licence, path, format: "markdown" } as const;
    return [{ document: { id, title: titleOf(text, name, path), text, fields }, prose }];
  });
}

/**
 * Leaves out what a reader of the rendered page never sees as text, and what would be found in its place: the addresses of
 * reference links, comments, and lines of nothing but badges.
 */
function withoutInvisible(source: string): string {
  return source
    .replace(/\r\n?/g, "\n")
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/^\[[^\]\n]+\]:[ \t]+\S.*$/gm, "")
    .replace(
      /^(?:[ \t]*\[?!\[[^\]\n]*\](?:\([^)\n]*\)|\[[^\]\n]*\])\]?(?:\([^)\n]*\)|\[[^\]\n]*\])?)+[ \t]*$/gm,
      "",
    )
    .replace(/\n{3,}/g, "\n\n");
}

/** The README and everything below `docs/`. */
function markdownFiles(folder: string): string[] {
  const isWanted = (path: string): boolean =>
    /\.(md|markdown)$/i.test(path) &&
    !SKIPPED.test(basename(path)) &&
    !/\.[a-z]{2}(-[A-Z]{2})?\.md$/.test(path);
  const top = readdirSync(folder).filter((file) => /^readme/i.test(file) && isWanted(file));
  const docs = join(folder, "docs");
  const below =
    existsSync(docs) && statSync(docs).isDirectory()
      ? (readdirSync(docs, { recursive: true }) as string[]).map(
          (path) => `docs/${path.replaceAll("\\", "/")}`,
        )
      : [];
  return [...top, ...below.filter(isWanted)].sort(compare);
}

/** The first heading, without its marks, where it names the package; many begin with "Install" or a slogan. */
function titleOf(text: string, name: string, path: string): string {
  const heading =
    /^#{1,2}\s+(.+)$/m.exec(withoutCode(text))?.[1] ??
    /^(.{3,80})\n(?:=+|-+)\s*$/m.exec(text)?.[1] ??
    /<h1[^>]*>([\s\S]{1,200}?)<\/h1>/i.exec(text)?.[1] ??
    "";
  const plain = heading
    .replace(/<[^>]*>|!\[[^\]]*\](\([^)]*\)|\[[^\]]*\])/g, " ")
    .replace(/\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])/g, "$1")
    .replace(/[*`#]|:[a-z_]+:|[\p{Extended_Pictographic}\u{FE0F}]/gu, "")
    .replace(/\s+/g, " ")
    .trim();
  const isReadme = /^readme/i.test(basename(path));
  const letters = (value: string): string => value.toLowerCase().replace(/[^a-z0-9]/g, "");
  const bare = letters(name.split("/").at(-1) ?? name);
  if (isReadme) return letters(plain).includes(bare) ? plain : name;
  return plain || `${name}: ${basename(path)}`;
}

function proseShare(text: string): number {
  const words = withoutCode(text)
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/<[^>]*>|^\s*\|.*$|https?:\S+/gm, "");
  return (words.match(/\b[A-Za-z]{2,}\b/g) ?? []).join(" ").length / text.length;
}

function withoutCode(text: string): string {
  return text.replace(/^ *(```|~~~)[\s\S]*?^ *\1.*$/gm, "").replace(/`[^`\n]*`/g, "");
}

/** By code unit, so that the order does not depend on the machine's language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
