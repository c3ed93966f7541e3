// Files that a visitor picked.
import { RetrievalError, sha256, type ModelCard, type ModelFile } from "@nearfield/core";
import type { Shelf } from "../shelf.ts";
import { PartWriter } from "./writer.ts";

export interface ImportReport {
  /** Addresses of the card's files that are stored now. */
  readonly stored: readonly string[];
  /** Addresses of the card's files that are neither among the picked ones nor stored. */
  readonly missing: readonly string[];
  /** Names of picked files that are none of the card's. */
  readonly unknown: readonly string[];
}

/** See `ModelStore.importFiles`. */
export async function importInto(
  shelf: Shelf,
  cards: readonly ModelCard[],
  picked: Iterable<File>,
): Promise<ImportReport> {
  const wanted = [...new Map(cards.flatMap(filesOf).map((file) => [file.url, file])).values()];
  const modelsOf = (hash: string) =>
    cards
      .filter((card) => filesOf(card).some((file) => file.sha256 === hash))
      .map(({ name }) => name);
  const stored = new Set<string>();
  const unknown: string[] = [];
  for (const file of picked) {
    const sized = wanted.filter(({ byteLength }) => byteLength === file.size);
    const named = wanted.find(({ url }) => nameOf(url) === file.name);
    if (sized.length === 0 && !named) {
      unknown.push(file.name);
      continue;
    }
    const bytes = await readPicked(file);
    const hash = await sha256(bytes);
    const match = sized.find((one) => one.sha256 === hash);
    if (match) {
      const problem = await new PartWriter(shelf, hash, 0).finish(bytes, {
        sha256: hash,
        byteLength: bytes.length,
        url: match.url,
        models: modelsOf(hash),
        storedAt: Date.now(),
      });
      if (problem) throw problem;
      for (const { url } of wanted.filter((one) => one.sha256 === hash)) stored.add(url);
    } else if (named) {
      throw new RetrievalError(
        "MODEL_INTEGRITY",
        `${file.name} is not the file of the model card`,
        {
          value: hash,
          repair: `Pick the file of ${file.name} whose SHA-256 is ${named.sha256}.`,
        },
      );
    } else unknown.push(file.name);
  }
  const missing: string[] = [];
  for (const { url, sha256: hash } of wanted) {
    if (!stored.has(url) && !(await shelf.record(hash))) missing.push(url);
  }
  return { stored: [...stored], missing, unknown };
}

async function readPicked(file: File): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (thrown) {
    throw new RetrievalError("MODEL_UNAVAILABLE", "a picked file can not be read", {
      value: file.name,
      repair: "Pick it again: it may have been moved, or be larger than memory.",
      cause: thrown,
    });
  }
}

/** All files that a card names. */
function filesOf(card: ModelCard): readonly ModelFile[] {
  const artifacts = Object.values(card.artifacts).flatMap(
    ({ graph, data, expanded, knownAnswers }) => [
      graph,
      ...data.map(({ file }) => file),
      ...(expanded ? [expanded.plan] : []),
      ...(knownAnswers ? [knownAnswers] : []),
    ],
  );
  const head = (card.head ?? []).flatMap((layer) => layer.weights ?? []);
  const all = [...artifacts, ...head, card.tokenizer, card.tokenizerConfig];
  return all;
}

function nameOf(url: string): string {
  return decodeURIComponent(url.split(/[?#]/)[0]?.split("/").at(-1) ?? "");
}
