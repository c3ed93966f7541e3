import type { Role } from "@nearfield/core";
import { invalid, unsupported, type Json } from "./reader.ts";

export interface PromptFacts {
  readonly prompts: Readonly<Record<Role, string>>;
  readonly instruction: string | undefined;
  readonly similarity: "cosine" | "dot" | "euclidean" | "manhattan";
}

const SIMILARITIES = ["cosine", "dot", "euclidean", "manhattan"] as const;
/** The first that exists is the prompt of documents. */
const DOCUMENT_NAMES = ["document", "passage", "corpus"];
/** The template of the Qwen3 family and its kin; the space after the last colon differs between families, and counts. */
const INSTRUCT = /^Instruct: (?<instruction>[^\n]+)\nQuery:(?<space> ?)$/;

/**
 * Reads `config_sentence_transformers.json`. Prompts are taken character by character; an instruction in the query's
 * prompt becomes a place that a caller can fill. `default_prompt_name` is not looked at: it would give queries and
 * documents one prompt.
 * @throws RetrievalError `MODEL_UNSUPPORTED` for a similarity of unknown name, `MODEL_INVALID`
 */
export function readPrompts(config: Json): PromptFacts {
  const named = (config["prompts"] ?? {}) as Json;
  const promptOf = (name: string | undefined): string => {
    const prompt = name === undefined ? "" : (named[name] ?? "");
    if (typeof prompt === "string") return prompt;
    throw invalid(
      "config_sentence_transformers.json has a prompt that is no text",
      prompt,
      "Check it.",
    );
  };
  const query = promptOf("query");
  const document = promptOf(DOCUMENT_NAMES.find((name) => Object.hasOwn(named, name)));
  const instruct = INSTRUCT.exec(query)?.groups;
  const similarity = config["similarity_fn_name"] ?? "cosine";
  const known = SIMILARITIES.find((name) => name === similarity);
  if (!known) throw unsupported("the repository names an unknown similarity", similarity);
  return {
    prompts: {
      query: instruct ? `Instruct: {instruction}\nQuery:${instruct["space"]}` : query,
      document,
    },
    instruction: instruct?.["instruction"],
    similarity: known,
  };
}
