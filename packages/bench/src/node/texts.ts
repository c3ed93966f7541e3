import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { RetrievalError } from "@nearfield/core";

/** A sentence is at least so long, in UTF-16 code units: below are headings and names. */
const LEAST = 30;
/** Longer ones are tables and code. */
const MOST = 400;
/** Sentences of one text at most. Where there are too few sentences, neighbours are joined. */
const MOST_JOINED = 4;

/**
 * As many different texts as are wanted: sentences, then pairs of neighbours, then threes.
 * @param sources files or folders of JSON lines with a `text`; none: the documents of the packages installed below `root`
 * @throws RetrievalError `INVALID_OPTION` where there are not enough
 */
export function collectTexts(sources: readonly string[], root: string, wanted: number): string[] {
  const documents = splitAll(sources.length > 0 ? readJsonLines(sources) : readPackages(root));
  const texts = new Set<string>();
  for (let joined = 1; joined <= MOST_JOINED; joined++) {
    for (const sentences of documents) {
      for (let at = 0; at + joined <= sentences.length; at++) {
        if (texts.size === wanted) return [...texts];
        texts.add(sentences.slice(at, at + joined).join(" "));
      }
    }
  }
  if (texts.size === wanted) return [...texts];
  throw new RetrievalError("INVALID_OPTION", "there are too few texts for real vectors", {
    value: texts.size,
    repair: "Ask for fewer rows, name more texts with --texts, or leave the set real out.",
  });
}

/** Names the content of texts. */
export function hashTexts(texts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 16);
}

/** Sentences of each document. A sentence that was there before is left out, wherever it was. */
function splitAll(documents: Iterable<readonly string[]>): string[][] {
  const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
  const seen = new Set<string>();
  const all: string[][] = [];
  for (const paragraphs of documents) {
    const sentences: string[] = [];
    for (const paragraph of paragraphs) {
      for (const { segment } of segmenter.segment(paragraph.replaceAll(/\s+/g, " "))) {
        const sentence = segment.trim();
        const isProse = /[a-z] [a-z]/.test(sentence);
        if (sentence.length < LEAST || sentence.length > MOST || !isProse) continue;
        if (seen.has(sentence)) continue;
        seen.add(sentence);
        sentences.push(sentence);
      }
    }
    all.push(sentences);
  }
  return all;
}

/** Paragraphs of each line's text. */
function* readJsonLines(sources: readonly string[]): Generator<string[]> {
  for (const source of sources) {
    const files = statSync(source).isDirectory() ? filesBelow(source, /\.jsonl$/) : [source];
    for (const file of files) {
      for (const line of readFileSync(file, "utf8").split("\n")) {
        if (line === "") continue;
        const { text } = JSON.parse(line) as { text?: unknown };
        if (typeof text === "string") yield text.split(/\n\s*\n/);
      }
    }
  }
}

/** Prose of what is installed to build this project: Markdown without its code, and the comments of declarations. */
function* readPackages(root: string): Generator<string[]> {
  const store = join(root, "node_modules", ".pnpm");
  if (!existsSync(store)) return;
  for (const file of filesBelow(store, /\.(md|d\.ts|d\.mts)$/)) {
    const content = readFileSync(file, "utf8");
    const prose = file.endsWith(".md") ? proseOfMarkdown(content) : proseOfComments(content);
    yield prose.split(/\n\s*\n/);
  }
}

function proseOfMarkdown(content: string): string {
  return content.replaceAll(/```[\s\S]*?```/g, "\n\n").replaceAll(/^[#>|*\-\s]+/gm, "\n");
}

function proseOfComments(content: string): string {
  const comments = [...content.matchAll(/\/\*\*([\s\S]*?)\*\//g)].map(([, inner]) => inner ?? "");
  return comments
    .map((inner) => inner.replaceAll(/^\s*\* ?/gm, "").replaceAll(/@\w+/g, "\n\n"))
    .join("\n\n");
}

/** In the order of their paths, without following links. */
function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path, pattern);
      return entry.isFile() && pattern.test(entry.name) ? [path] : [];
    });
}
