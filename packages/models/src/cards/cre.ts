import type { EndToken, RepositoryCard, RepositoryFile, Towers } from "@nearfield/core";
import { validateRepositoryCard } from "../card.ts";
import { checkTowers } from "../towers.ts";
import { DECODER_INPUTS } from "./qwen3.ts";

export const CRE_T1 = "CITech/CRE-T1-SFT-preview-1202";

/** What one tower of CRE-T1 is like, where nothing is published. */
export interface CreT1Tower {
  /** Put before the text; `{instruction}` in it is a place for the task. */
  readonly prompt: string;
  readonly tokenizer: RepositoryFile;
  readonly tokenizerConfig: RepositoryFile;
  readonly artifacts: RepositoryCard["artifacts"];
}

/** Everything that the publication leaves open. There are no defaults: one would look like knowledge. */
export interface CreT1Options {
  /** Where the files are. The original has no ONNX file. */
  readonly repository: string;
  readonly revision: string;
  /** The token whose state is the vector: its text, its id in this checkpoint, and who appends it. */
  readonly endToken: EndToken;
  readonly instruction: string;
  /** `thought`: the query's prompt is that of the text with the thought behind it; `none` encodes the plain query. */
  readonly queryStep: "none" | "thought";
  readonly normalize: boolean;
  readonly query: CreT1Tower;
  readonly document: CreT1Tower;
  /** Components of a vector and longest input, for checkpoints of another size. Default: 1536 and 8000, as published. */
  readonly dimensions?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly matryoshka?: readonly number[] | undefined;
}

/**
 * Two towers in the manner of CRE-T1: the query's model writes a thought before it encodes, the document's is one pass; both
 * give the state of an appended token. Source: its card and the abstract of arXiv 2603.17387, from which are known: English,
 * Qwen2.5-1.5B, 1536 components, 8,000 tokens. Prompts, templates, sampling, end token and normalization are not
 * published and come from `options`.
 * @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED`
 */
export function creT1Cards(options: CreT1Options): Towers<RepositoryCard> {
  const { repository, revision, endToken, instruction, normalize, query, document } = options;
  const towerOf = (tower: CreT1Tower, role: string): RepositoryCard => ({
    name: `${CRE_T1} (${role})`,
    repository,
    revision,
    licence: "unknown",
    languages: ["en"],
    space: `${CRE_T1}, ${repository}@${revision}`,
    dimensions: options.dimensions ?? 1536,
    matryoshka: options.matryoshka ?? [],
    maxTokens: options.maxTokens ?? 8000,
    prompts: { query: query.prompt, document: document.prompt },
    instruction,
    endToken,
    inputs: DECODER_INPUTS,
    output: "last_hidden_state",
    attention: "causal",
    pooling: "last-token",
    normalize,
    artifacts: tower.artifacts,
    tokenizer: tower.tokenizer,
    tokenizerConfig: tower.tokenizerConfig,
  });
  return checkTowers({
    query: validateRepositoryCard({ ...towerOf(query, "query"), queryStep: options.queryStep }),
    document: validateRepositoryCard(towerOf(document, "document")),
  });
}
