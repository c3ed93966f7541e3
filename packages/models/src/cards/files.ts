// What the entries of the built-in cards have in common.
import type { Dtype, RepositoryArtifact, RepositoryCard } from "@nearfield/core";
import { DTYPES } from "../dtype.ts";

/** The commit is not known here: whoever resolves the branch first has to remember what it was. */
export const UNPINNED = "main";

/** Graphs by the layout that exports for transformers.js have. Sizes and hashes are learned at the first download. */
export function graphs(
  dtypes: readonly Dtype[],
  options: { readonly externalData?: readonly Dtype[] } = {},
): readonly RepositoryArtifact[] {
  return dtypes.map((dtype) => {
    const { suffix, devices } = DTYPES[dtype];
    const file = `model${suffix}.onnx`;
    const path = `${file}_data`;
    const data = options.externalData?.includes(dtype)
      ? [{ path, file: { path: `onnx/${path}` } }]
      : [];
    return { dtype, devices, graph: { path: `onnx/${file}` }, data };
  });
}

export const TOKENIZER: Pick<RepositoryCard, "tokenizer" | "tokenizerConfig"> = {
  tokenizer: { path: "tokenizer.json" },
  tokenizerConfig: { path: "tokenizer_config.json" },
};

/** What a sentence encoder of BERT's shape has in common with its kin: WordPiece between `[CLS]` and `[SEP]`, no prompt. */
export const BERT: Pick<
  RepositoryCard,
  | "tokenizer"
  | "tokenizerConfig"
  | "revision"
  | "languages"
  | "matryoshka"
  | "prompts"
  | "requiredTokens"
  | "inputs"
  | "output"
  | "attention"
> = {
  ...TOKENIZER,
  revision: UNPINNED,
  languages: ["en"],
  matryoshka: [],
  prompts: { query: "", document: "" },
  requiredTokens: { before: [{ text: "[CLS]" }], after: [{ text: "[SEP]" }] },
  inputs: ["input_ids", "attention_mask", "token_type_ids"],
  output: "last_hidden_state",
  attention: "bidirectional",
};
