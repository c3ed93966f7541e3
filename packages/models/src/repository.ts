import {
  asRetrievalError,
  type HeadLayer,
  type RepositoryCard,
  type RepositoryFile,
  type Role,
  type Towers,
} from "@nearfield/core";
import { validateRepositoryCard } from "./card.ts";
import { checkRepository, checkRevision, isPath } from "./name.ts";
import { findArtifacts } from "./repository/artifacts.ts";
import { readDense, readLayerNorm } from "./repository/head.ts";
import { readModules, type Module, type ModuleList } from "./repository/modules.ts";
import { readPooling, type PoolingConfig } from "./repository/pooling.ts";
import { readPrompts, type PromptFacts } from "./repository/prompts.ts";
import {
  guardReader,
  invalid,
  needJson,
  positiveInteger,
  readJson,
  unsupported,
  type RepositoryReader,
} from "./repository/reader.ts";
import { readReadme, type ReadmeFacts } from "./repository/readme.ts";
import { readTokenizer, type TokenizerFacts } from "./repository/tokenizer.ts";
import { readTransformer, type TransformerConfig } from "./repository/transformer.ts";
import { checkTowers } from "./towers.ts";

export interface RepositoryOptions {
  /** `owner/name`. */
  readonly repository: string;
  /** The commit that the files are of, or a branch. */
  readonly revision: string;
  /** Folder of the model in its repository, for repositories that hold several. */
  readonly folder?: string | undefined;
  /** Path of the graph in the transformer's folder, without the suffix of its format. Default `onnx/model`. */
  readonly graph?: string | undefined;
  /**
   * What the files do not say, or say wrongly: prompts that stand in a model's documentation only, Matryoshka lengths, an
   * end token, the output of a graph that pools by itself. A field that is there wins over the files, also as `undefined`.
   */
  readonly overrides?: Partial<RepositoryCard> | undefined;
}

/**
 * Builds a model's card from the files of its repository, by the rules of sentence-transformers. A repository with a
 * Router gives two towers. Nothing is guessed silently: what this build does not do is refused by its name. Without
 * `modules.json` the default of sentence-transformers holds: mean for a bidirectional model, last token for a causal one.
 *
 * @throws RetrievalError `INVALID_OPTION` for a bad name or option; `MODEL_UNSUPPORTED` for an unknown module, mode,
 * activation or similarity, a residual connection, weights as a pickle, no ONNX file; `MODEL_INVALID` for files that are
 * missing or contradict one another, such as a pooling width that is not the network's; `MODEL_MISMATCH` for two towers of
 * different lengths
 */
export async function cardFromRepository(
  reader: RepositoryReader,
  options: RepositoryOptions,
): Promise<RepositoryCard | Towers<RepositoryCard>> {
  checkRepository(options.repository);
  checkRevision(options.revision);
  const folder = checkFolder(options.folder);
  try {
    return await readModel(guardReader(reader), folder, options);
  } catch (thrown) {
    // A file of another form than any that was met.
    throw asRetrievalError(thrown, "MODEL_INVALID", `${options.repository} can not be understood`);
  }
}

async function readModel(
  reader: RepositoryReader,
  folder: string,
  options: RepositoryOptions,
): Promise<RepositoryCard | Towers<RepositoryCard>> {
  const modules = await readModules(reader, folder);
  const settings = await readJson(reader, `${folder}config_sentence_transformers.json`);
  const prompts = readPrompts(settings ?? {});
  const readme = readReadme(await reader.read(`${folder}README.md`));
  const context = { reader, options, prompts, readme, modules };
  const { query, document } = modules.towers;
  if (query === document) return readTower(context, "document");
  return checkTowers({
    query: await readTower(context, "query"),
    document: await readTower(context, "document"),
  });
}

interface Context {
  readonly reader: RepositoryReader;
  readonly options: RepositoryOptions;
  readonly prompts: PromptFacts;
  readonly readme: ReadmeFacts;
  readonly modules: ModuleList;
}

async function readTower(context: Context, role: Role): Promise<RepositoryCard> {
  const { reader, options, prompts, readme, modules } = context;
  const { repository, revision, overrides = {} } = options;
  const [first, ...rest] = modules.towers[role];
  if (first?.kind !== "Transformer") {
    throw unsupported("the repository does not begin with a Transformer", first?.kind);
  }
  const { folder } = first;
  const tokenizer = await readTokenizer(reader, folder);
  const transformer = await readTransformer(reader, folder, tokenizer.config);
  const plain: PoolingConfig = {
    pooling: transformer.attention === "causal" ? "last-token" : "mean",
    includePrompt: true,
    dimensions: transformer.hiddenSize,
  };
  const chain = await readChain(reader, rest, transformer, modules.isListed ? undefined : plain);
  const artifacts = await findArtifacts(
    reader,
    `${folder}${options.graph ?? "onnx/model"}`,
    transformer.config,
  );
  if (artifacts.length === 0 && !overrides.artifacts) {
    throw unsupported(
      "the repository has no ONNX file",
      `${folder}${options.graph ?? "onnx/model"}`,
    );
  }
  const maxTokens = overrides.maxTokens ?? transformer.maxTokens;
  if (maxTokens === undefined) {
    throw invalid("no file says how long a text may be", repository, "Give overrides.maxTokens.");
  }
  const name = `${repository}${modules.towers.query === modules.towers.document ? "" : ` (${role})`}`;
  const card: RepositoryCard = {
    name,
    licence: readme.licence ?? "unknown",
    languages: readme.languages,
    space: `${repository}@${revision}`,
    repository,
    revision,
    dimensions: chain.dimensions,
    matryoshka: readMatryoshka(transformer, chain.dimensions),
    maxTokens,
    prompts: prompts.prompts,
    instruction: prompts.instruction,
    endToken: tokenizer.endToken,
    requiredTokens: { before: tokenizer.before, after: tokenizer.after },
    output: "last_hidden_state",
    hiddenSize: chain.hiddenSize,
    attention: transformer.attention,
    pooling: chain.pooling,
    includePrompt: chain.includePrompt,
    head: chain.head,
    ...readEnding(prompts.similarity, chain.isNormalized),
    artifacts,
    tokenizer: await fileAt(reader, `${folder}tokenizer.json`),
    tokenizerConfig: await fileAt(reader, `${folder}tokenizer_config.json`),
    network: transformer.network,
    ...(overrides.pooling === "in-graph" && WHOLE_GRAPH),
    ...overrides,
  };
  checkEnd(card, tokenizer, "endToken" in overrides);
  return validateRepositoryCard(card);
}

/** What there is no room for behind a graph that gives finished vectors. */
const WHOLE_GRAPH = { hiddenSize: undefined, includePrompt: undefined, head: undefined } as const;

interface Chain {
  readonly hiddenSize: number;
  readonly dimensions: number;
  readonly pooling: RepositoryCard["pooling"];
  readonly includePrompt: boolean;
  readonly head: readonly HeadLayer<RepositoryFile>[];
  readonly isNormalized: boolean;
}

/** Follows the modules behind the transformer, and the width of what goes through them. */
async function readChain(
  reader: RepositoryReader,
  modules: readonly Module[],
  { hiddenSize }: TransformerConfig,
  plain: PoolingConfig | undefined,
): Promise<Chain> {
  const head: HeadLayer<RepositoryFile>[] = [];
  let width = hiddenSize;
  let pooling = plain;
  let isNormalized = false;
  for (const { kind, folder } of modules) {
    if (isNormalized) throw unsupported(`a ${kind} stands behind Normalize`, folder);
    switch (kind) {
      case "Transformer":
        throw unsupported("a second Transformer stands behind the first", folder);
      case "Pooling": {
        if (pooling) throw unsupported("a second Pooling stands behind the first", folder);
        pooling = readPooling(await needJson(reader, `${folder}config.json`));
        const own = pooling.dimensions;
        width = agree(width, own, `${folder}config.json`) * [pooling.pooling].flat().length;
        break;
      }
      case "Dense": {
        const layer = await readDense(reader, folder);
        if ((layer.on === "tokens") === (pooling !== undefined)) {
          const problem = `a Dense layer stands ${pooling ? "behind" : "before"} the pooling and works on ${layer.on}`;
          throw unsupported(problem, folder);
        }
        agree(width, layer.inDimensions, `${folder}config.json`);
        width = layer.outDimensions;
        head.push(layer);
        break;
      }
      case "LayerNorm":
        if (!pooling || width === undefined)
          throw unsupported("a LayerNorm stands before Pooling", folder);
        head.push(await readLayerNorm(reader, folder, width));
        break;
      case "Normalize":
        isNormalized = true;
        break;
      default:
        kind satisfies never;
    }
  }
  if (!pooling) throw unsupported("the repository has no Pooling module", "modules.json");
  const first = hiddenSize ?? pooling.dimensions;
  if (first === undefined || width === undefined) {
    throw invalid("no file says how wide the network is", "hidden_size", "Check config.json.");
  }
  const { includePrompt } = pooling;
  return {
    hiddenSize: first,
    dimensions: width,
    pooling: pooling.pooling,
    includePrompt,
    head,
    isNormalized,
  };
}

/** The width so far, which `stated` must not contradict. */
function agree(width: number | undefined, stated: number | undefined, path: string): number {
  if (width !== undefined && stated !== undefined && width !== stated) {
    const problem = `${path} takes vectors of ${stated}, but the module before it gives ${width}`;
    throw invalid(problem, stated, "Check the repository: its files are not of one model.");
  }
  const either = width ?? stated;
  if (either !== undefined) return either;
  throw invalid("no file says how wide the network is", path, "Check config.json.");
}

/**
 * Normalized vectors have one order by cosine, inner product and distance. Without Normalize, cosine does not mind if we
 * do it; the inner product does.
 */
function readEnding(
  similarity: PromptFacts["similarity"],
  isNormalized: boolean,
): Pick<RepositoryCard, "normalize" | "similarity"> {
  if (isNormalized || similarity === "cosine") return { normalize: true, similarity: "cosine" };
  if (similarity === "dot") return { normalize: false, similarity };
  throw unsupported(
    "the repository compares vectors that keep their length by distance",
    similarity,
  );
}

function readMatryoshka({ config }: TransformerConfig, dimensions: number): readonly number[] {
  const sizes = config["matryoshka_dimensions"];
  if (!Array.isArray(sizes)) return [];
  return sizes.filter((size) => (positiveInteger(size) ?? Infinity) <= dimensions) as number[];
}

/** A model that pools its last token was trained on one certain token there. Another one gives wrong vectors, silently. */
function checkEnd(card: RepositoryCard, tokenizer: TokenizerFacts, isGiven: boolean): void {
  const poolsLast = [card.pooling].flat().includes("last-token");
  if (!poolsLast || isGiven || tokenizer.endToken) return;
  throw invalid(
    "the model pools its last token, but the tokenizer appends no end token",
    card.repository,
    "Give overrides.endToken, or undefined there if the model was trained without one.",
  );
}

async function fileAt(reader: RepositoryReader, path: string): Promise<RepositoryFile> {
  return { path, ...(await reader.stat(path)) };
}

function checkFolder(folder: string | undefined): string {
  if (folder === undefined || folder === "") return "";
  if (isPath(folder)) return `${folder}/`;
  throw invalid("a folder must lie in its repository", folder, "Give a path such as query.");
}
