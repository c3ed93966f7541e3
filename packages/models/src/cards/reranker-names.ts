// Names of the rerankers that have a card here. Apart from the cards, so that a page can tell a wrong name without them.
/** The model's own repository, which names the card, and the repository of the export that is used. */
const REPOSITORIES: readonly (readonly [name: string, repository: string])[] = [
  ["Qwen/Qwen3-Reranker-0.6B", "onnx-community/Qwen3-Reranker-0.6B-ONNX"],
  ["Qwen/Qwen3-Reranker-4B", "Qwen/Qwen3-Reranker-4B"],
  ["Qwen/Qwen3-Reranker-8B", "Qwen/Qwen3-Reranker-8B"],
  ["cross-encoder/ms-marco-MiniLM-L-6-v2", "Xenova/ms-marco-MiniLM-L-6-v2"],
  ["jinaai/jina-reranker-v1-tiny-en", "jinaai/jina-reranker-v1-tiny-en"],
];

/** All names, each that of the model's own repository. */
export const RERANKER_NAMES: readonly string[] = REPOSITORIES.map(([name]) => name);

/**
 * The name of a reranker's card: by the model's own repository or that of its export, with or without the owner; upper and lower
 * case are the same. Undefined for a name that is not known.
 */
export function nameReranker(asked: string): string | undefined {
  const key = asked.trim().toLowerCase();
  const isKey = (full: string): boolean =>
    full === key || full.slice(full.indexOf("/") + 1) === key;
  return REPOSITORIES.find((pair) => pair.some((full) => isKey(full.toLowerCase())))?.[0];
}
