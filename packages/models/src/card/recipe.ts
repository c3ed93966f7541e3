import type { Activation, Pooling, PoolingMode, Role } from "@nearfield/core";
import {
  bad,
  count,
  fraction,
  filledText,
  filledTexts,
  flag,
  list,
  oneOf,
  optional,
  record,
  text,
  unsupported,
  type Fields,
} from "./field.ts";
import { checkDevice, checkDtype, type CheckFile } from "./file.ts";

/** The fields that both forms of a card have. */
export const RECIPE_FIELDS = [
  "name",
  "licence",
  "languages",
  "space",
  "dimensions",
  "matryoshka",
  "matryoshkaRange",
  "maxTokens",
  "prompts",
  "instruction",
  "titlePrompt",
  "endToken",
  "requiredTokens",
  "inputs",
  "output",
  "hiddenSize",
  "attention",
  "pooling",
  "includePrompt",
  "head",
  "normalize",
  "similarity",
  "queryStep",
  "dtypeLimits",
] as const;

/** The modes in the order in which the vectors of several are put one after the other. */
export const POOLING_MODES: readonly PoolingMode[] = [
  "cls",
  "max",
  "mean",
  "mean-sqrt-length",
  "weighted-mean",
  "last-token",
];
const ROLES: readonly Role[] = ["query", "document"];
export const ACTIVATIONS: readonly Activation[] = [
  "identity",
  "tanh",
  "relu",
  "gelu",
  "silu",
  "sigmoid",
];

/**
 * Checks the fields of a recipe, each by itself and then together.
 * @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED`
 */
export function checkRecipe(card: Fields, checkFile: CheckFile): void {
  for (const name of ["name", "licence", "space", "output"]) filledText(card[name], name);
  for (const name of ["languages", "inputs"]) optional(card[name], name, filledTexts);
  count(card["maxTokens"], "maxTokens");
  checkLengths(card);
  checkPrompts(card);
  optional(card["endToken"], "endToken", (value, name) => {
    const token = checkSpecialToken(value, name, ["appendedBy"]);
    oneOf(token["appendedBy"], `${name}.appendedBy`, ["tokenizer", "encoder"]);
  });
  optional(card["requiredTokens"], "requiredTokens", (value, name) => {
    const required = record(value, name, ["before", "after"]);
    for (const side of ["before", "after"]) {
      for (const [at, token] of list(required[side], `${name}.${side}`).entries()) {
        checkSpecialToken(token, `${name}.${side}[${at}]`);
      }
    }
  });
  const choices = {
    attention: ["causal", "bidirectional"],
    similarity: ["cosine", "dot"],
    queryStep: ["none", "rewrite", "thought"],
  };
  for (const [name, values] of Object.entries(choices)) {
    optional(card[name], name, (value) => oneOf(value, name, values));
  }
  for (const name of ["includePrompt", "normalize"]) optional(card[name], name, flag);
  optional(card["dtypeLimits"], "dtypeLimits", checkDtypeLimits);
  checkWidths(card, checkFile);
}

function checkLengths(card: Fields): void {
  const dimensions = count(card["dimensions"], "dimensions");
  for (const [at, size] of list(card["matryoshka"], "matryoshka").entries()) {
    const name = `matryoshka[${at}]`;
    if (count(size, name) > dimensions) throw bad(name, `at most ${dimensions}`, size);
  }
  optional(card["matryoshkaRange"], "matryoshkaRange", (value, name) => {
    const { min, max } = record(value, name, ["min", "max"]);
    if (count(max, `${name}.max`) > dimensions)
      throw bad(`${name}.max`, `at most ${dimensions}`, max);
    if (count(min, `${name}.min`) > (max as number))
      throw bad(`${name}.min`, `at most ${name}.max`, min);
  });
}

function checkPrompts(card: Fields): void {
  const prompts = record(card["prompts"], "prompts", ROLES);
  for (const role of ROLES) {
    const prompt = text(prompts[role], `prompts.${role}`);
    if (prompt.includes("{instruction}") && card["instruction"] === undefined) {
      throw bad("instruction", `there, because prompts.${role} has a place for it`, undefined);
    }
  }
  optional(card["instruction"], "instruction", text);
  optional(card["titlePrompt"], "titlePrompt", (value, name) => {
    if (!text(value, name).includes("{title}")) throw bad(name, "a text with {title} in it", value);
  });
}

function checkSpecialToken(value: unknown, name: string, more: readonly string[] = []): Fields {
  const token = record(value, name, ["text", "id", ...more]);
  filledText(token["text"], `${name}.text`);
  optional(token["id"], `${name}.id`, (id) => {
    if (!Number.isSafeInteger(id) || (id as number) < 0)
      throw bad(`${name}.id`, "a whole number", id);
  });
  return token;
}

export function checkDtypeLimits(value: unknown, name: string): void {
  for (const [at, item] of list(value, name).entries()) {
    const limit = record(item, `${name}[${at}]`, ["dtype", "device", "reason"]);
    checkDtype(limit["dtype"], `${name}[${at}].dtype`);
    optional(limit["device"], `${name}[${at}].device`, checkDevice);
    filledText(limit["reason"], `${name}[${at}].reason`);
  }
}

/** Follows a vector's length from the graph through pooling and head to `dimensions`. */
function checkWidths(card: Fields, checkFile: CheckFile): void {
  const dimensions = card["dimensions"] as number;
  optional(card["hiddenSize"], "hiddenSize", count);
  let width = (card["hiddenSize"] as number | undefined) ?? dimensions;
  const head = card["head"] === undefined ? [] : list(card["head"], "head");
  const layers = head.map((layer, at) => checkLayer(layer, `head[${at}]`, checkFile));
  const firstPooled = layers.findIndex(({ on }) => on === "pooled");
  const late =
    firstPooled < 0 ? -1 : layers.findIndex(({ on }, at) => at > firstPooled && on === "tokens");
  if (late >= 0) throw bad(`head[${late}].on`, "pooled, as in the layers before it", "tokens");
  const pass = (on: string) => {
    for (const [at, layer] of layers.entries()) {
      if (layer.on !== on || layer.from === undefined) continue;
      if (layer.from !== width) throw bad(`head[${at}].inDimensions`, `${width}`, layer.from);
      width = layer.to as number;
    }
  };
  pass("tokens");
  const pooling = checkPooling(card["pooling"]);
  if (pooling === "in-graph") {
    if (layers.some(({ on }) => on === "tokens") || card["includePrompt"] === false) {
      throw bad("pooling", "a mode outside the graph: it has to work on single tokens", pooling);
    }
  } else width *= [pooling].flat().length;
  pass("pooled");
  if (width !== dimensions)
    throw bad("dimensions", `${width}, what pooling and head give`, dimensions);
}

function checkPooling(value: unknown): Pooling {
  if (!Array.isArray(value))
    return oneOf(value, "pooling", ["in-graph" as const, ...POOLING_MODES]);
  const modes = value.map((mode, at) => oneOf(mode, `pooling[${at}]`, POOLING_MODES));
  if (modes.length > 0 && new Set(modes).size === modes.length) return modes;
  throw bad("pooling", "one mode, or different ones", modes.join(", "));
}

interface CheckedLayer {
  readonly on: unknown;
  /** Absent: the layer keeps the length. */
  readonly from?: number;
  readonly to?: number;
}

function checkLayer(value: unknown, name: string, checkFile: CheckFile): CheckedLayer {
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : value;
  switch (oneOf(kind, `${name}.kind`, ["dense", "layer-norm"])) {
    case "dense": {
      const own = ["inDimensions", "outDimensions", "bias", "activation", "weights"];
      const layer = record(value, name, ["kind", "on", ...own]);
      flag(layer["bias"], `${name}.bias`);
      oneOf(layer["activation"], `${name}.activation`, ACTIVATIONS);
      checkFile(layer["weights"], `${name}.weights`);
      return {
        on: oneOf(layer["on"], `${name}.on`, ["tokens", "pooled"]),
        from: count(layer["inDimensions"], `${name}.inDimensions`),
        to: count(layer["outDimensions"], `${name}.outDimensions`),
      };
    }
    case "layer-norm": {
      const layer = record(value, name, ["kind", "on", "epsilon", "weights"]);
      fraction(layer["epsilon"], `${name}.epsilon`);
      optional(layer["weights"], `${name}.weights`, checkFile);
      if (layer["on"] !== "pooled") throw unsupported(`${name}.on must be pooled`, layer["on"]);
      return { on: "pooled" };
    }
  }
}
