import {
  asRetrievalError,
  type PairScoring,
  type RerankerRepositoryCard,
  type YesNoScoring,
} from "@nearfield/core";
import { QWEN3_RERANKER } from "./cards/rerankers.ts";
import { checkRepository, checkRevision } from "./name.ts";
import { findArtifacts } from "./repository/artifacts.ts";
import {
  guardReader,
  invalid,
  needJson,
  unsupported,
  type Json,
  type RepositoryReader,
} from "./repository/reader.ts";
import { readReadme } from "./repository/readme.ts";
import { readTokenizer } from "./repository/tokenizer.ts";
import { readTransformer } from "./repository/transformer.ts";
import { validateRerankerRepositoryCard } from "./reranker-card.ts";

/** Qwen3-Reranker's own examples cut there; longer inputs are not what it was shown. */
const YES_NO_TOKENS = 8192;

/**
 * Builds a reranker's card from the files of its repository. Two kinds are known: a Qwen3 language model, which is asked for
 * yes or no with the template of Qwen3-Reranker, and a classic cross-encoder with one logit. Anything else is refused by
 * what it is, since a wrong template gives wrong scores and no error.
 *
 * @param where `repository` as `owner/name` or `name`; `revision` a commit or a branch
 * @throws RetrievalError `INVALID_OPTION` for a bad name; `MODEL_UNSUPPORTED` for a model of another kind, several logits, no
 * ONNX file; `MODEL_INVALID` for files that are missing or are no JSON
 */
export async function rerankerFromRepository(
  reader: RepositoryReader,
  where: Pick<RerankerRepositoryCard, "repository" | "revision">,
): Promise<RerankerRepositoryCard> {
  checkRepository(where.repository);
  checkRevision(where.revision);
  try {
    return await readReranker(guardReader(reader), where);
  } catch (thrown) {
    throw asRetrievalError(thrown, "MODEL_INVALID", `${where.repository} can not be understood`);
  }
}

async function readReranker(
  reader: RepositoryReader,
  { repository, revision }: Pick<RerankerRepositoryCard, "repository" | "revision">,
): Promise<RerankerRepositoryCard> {
  const config = await needJson(reader, "config.json");
  const tokenizer = await readTokenizer(reader, "");
  const { maxTokens, network } = await readTransformer(reader, "", tokenizer.config);
  const scoring = readScoring(config);
  const artifacts = await findArtifacts(reader, "onnx/model", config);
  if (artifacts.length === 0) throw unsupported("the repository has no ONNX file", "onnx/model");
  if (maxTokens === undefined) {
    throw invalid("no file says how long an input may be", repository, "Give a card of your own.");
  }
  const { licence = "unknown", languages } = readReadme(await reader.read("README.md"));
  return validateRerankerRepositoryCard({
    name: repository,
    repository,
    revision,
    licence,
    languages,
    maxTokens: scoring.kind === "yes-no" ? Math.min(maxTokens, YES_NO_TOKENS) : maxTokens,
    scoring,
    artifacts,
    tokenizer: { path: "tokenizer.json", ...(await reader.stat("tokenizer.json")) },
    tokenizerConfig: {
      path: "tokenizer_config.json",
      ...(await reader.stat("tokenizer_config.json")),
    },
    network,
  });
}

function readScoring(config: Json): YesNoScoring | PairScoring {
  const [architecture] = [config["architectures"]].flat();
  const named = typeof architecture === "string" ? architecture : "";
  if (named === "Qwen3ForCausalLM") return QWEN3_RERANKER;
  // A language model with a classifier on top has a template that no file tells.
  if (named.endsWith("ForSequenceClassification") && !/^(Qwen|Llama|Mistral|Gemma)/.test(named)) {
    const logits = countLabels(config);
    if (logits !== 1)
      throw unsupported("a reranker gives one logit, this model gives more", logits);
    return { kind: "pair", activation: readActivation(config) };
  }
  throw unsupported(
    "the repository is no reranker of a known kind (Qwen3ForCausalLM, or one logit of a cross-encoder)",
    architecture,
  );
}

/** Two are what a configuration means that says nothing. */
function countLabels(config: Json): number {
  const { num_labels: count, id2label: names } = config;
  if (typeof count === "number") return count;
  return typeof names === "object" && names !== null ? Object.keys(names).length : 2;
}

/** Sentence-transformers writes the class of the activation down; without a word one logit goes through a sigmoid. */
function readActivation(config: Json): PairScoring["activation"] {
  const own = config["sentence_transformers"] as Json | undefined;
  const named = own?.["activation_fn"] ?? config["sbert_ce_default_activation_function"];
  if (named === undefined || named === null) return "sigmoid";
  const activation = typeof named === "string" ? named.split(".").at(-1) : named;
  if (activation === "Sigmoid") return "sigmoid";
  if (activation === "Identity") return "identity";
  throw unsupported("the reranker's activation is not known", named);
}
