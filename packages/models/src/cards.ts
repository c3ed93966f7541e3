// The built-in cards, by name.
import { RetrievalError, type RepositoryCard, type Towers } from "@nearfield/core";
import { arcticEmbedMV15, arcticEmbedS, arcticEmbedXs } from "./cards/arctic.ts";
import { bgeSmallEnV15 } from "./cards/bge.ts";
import { CRE_T1 } from "./cards/cre.ts";
import { e5SmallV2, multilingualE5Small } from "./cards/e5.ts";
import { embeddingGemma300m } from "./cards/gemma.ts";
import { gteSmall } from "./cards/gte.ts";
import { mdbrLeafIr, mdbrLeafIrAsym } from "./cards/leaf.ts";
import { allMiniLmL6V2 } from "./cards/minilm.ts";
import { nomicEmbedTextV15 } from "./cards/nomic.ts";
import { qwen3Embedding06B, qwen3Embedding4B, qwen3Embedding8B } from "./cards/qwen3.ts";
import { qzhouEmbedding, qzhouEmbeddingZh } from "./cards/qzhou.ts";

const SINGLE: readonly RepositoryCard[] = [
  qwen3Embedding06B,
  qwen3Embedding4B,
  qwen3Embedding8B,
  qzhouEmbedding,
  qzhouEmbeddingZh,
  allMiniLmL6V2,
  bgeSmallEnV15,
  e5SmallV2,
  multilingualE5Small,
  gteSmall,
  arcticEmbedXs,
  arcticEmbedS,
  arcticEmbedMV15,
  mdbrLeafIr,
  nomicEmbedTextV15,
  embeddingGemma300m,
];

/** All models that have a card here, by the name of their own repository. */
export const BUILT_IN_CARDS: ReadonlyMap<string, RepositoryCard | Towers<RepositoryCard>> = new Map<
  string,
  RepositoryCard | Towers<RepositoryCard>
>([
  ...SINGLE.map((card) => [card.name, card] as const),
  ["MongoDB/mdbr-leaf-ir-asym", mdbrLeafIrAsym],
]);

/** Short names that are not just a repository's name without its owner. */
const ALIASES: Readonly<Record<string, string>> = {
  "all-minilm": "sentence-transformers/all-MiniLM-L6-v2",
  "bge-small": "BAAI/bge-small-en-v1.5",
  "e5-small": "intfloat/e5-small-v2",
  "arctic-embed-xs": "Snowflake/snowflake-arctic-embed-xs",
  "arctic-embed-s": "Snowflake/snowflake-arctic-embed-s",
  "leaf-ir": "MongoDB/mdbr-leaf-ir",
  "leaf-ir-asym": "MongoDB/mdbr-leaf-ir-asym",
  "nomic-embed-text": "nomic-ai/nomic-embed-text-v1.5",
  embeddinggemma: "google/embeddinggemma-300m",
  "cre-t1": CRE_T1,
};

const BY_NAME = indexNames();

/**
 * Finds a built-in card: by the model's own repository or that of its export, with or without the owner, or by a short
 * name; upper and lower case are the same.
 * @returns undefined for a name that is not known: its repository may still tell all, see `cardFromRepository`
 * @throws RetrievalError `MODEL_UNSUPPORTED` for a model whose publication leaves open how it is to be used
 */
export function findCard(name: string): RepositoryCard | Towers<RepositoryCard> | undefined {
  const key = name.trim().toLowerCase();
  const full = ALIASES[key]?.toLowerCase() ?? key;
  if (full === CRE_T1.toLowerCase() || full === CRE_T1.split("/")[1]?.toLowerCase()) {
    throw new RetrievalError("MODEL_UNSUPPORTED", `${CRE_T1} does not publish its templates`, {
      value: name,
      repair: "Say them in creT1Cards, and give what it returns as the model.",
    });
  }
  return BY_NAME.get(full);
}

function indexNames(): ReadonlyMap<string, RepositoryCard | Towers<RepositoryCard>> {
  const index = new Map<string, RepositoryCard | Towers<RepositoryCard>>();
  for (const [name, model] of BUILT_IN_CARDS) {
    const repository = "repository" in model ? model.repository : name;
    for (const full of [name, repository]) {
      index.set(full.toLowerCase(), model);
      index.set(full.slice(full.indexOf("/") + 1).toLowerCase(), model);
    }
  }
  return index;
}
