import {
  RetrievalError,
  type Device,
  type ModelCard,
  type ModelFile,
  type Pooling,
  type Role,
} from "@nearfield/core";

const POOLINGS: readonly Pooling[] = ["in-graph", "cls", "mean", "last-token"];
const DEVICES: readonly Device[] = ["webgpu", "wasm"];
const ROLES: readonly Role[] = ["query", "document"];

/** The WASM heap ends at 4 GiB, so no single file can be larger. */
const MAX_FILE_BYTES = 2 ** 32;

/**
 * Checks a model card of any origin.
 * @returns `card` itself, typed
 * @throws RetrievalError `INVALID_OPTION` where a field is missing or of the wrong form; `MODEL_UNSUPPORTED` where the
 * card is sound but asks for something that this build does not do
 */
export function validateCard(card: unknown): ModelCard {
  const fields = record(card, "the card");
  for (const name of ["name", "version", "licence", "space", "output"]) {
    filledText(fields[name], name);
  }
  const dimensions = count(fields["dimensions"], "dimensions");
  for (const [at, size] of list(fields["matryoshka"], "matryoshka").entries()) {
    const name = `matryoshka[${at}]`;
    if (count(size, name) > dimensions) throw bad(name, `at most ${dimensions}`, size);
  }
  count(fields["maxTokens"], "maxTokens");
  if (!POOLINGS.includes(fields["pooling"] as Pooling)) {
    throw unsupported(`pooling must be one of ${POOLINGS.join(", ")}`, fields["pooling"]);
  }
  const prompts = record(fields["prompts"], "prompts");
  for (const role of ROLES) text(prompts[role], `prompts.${role}`);
  if (fields["instruction"] !== undefined) text(fields["instruction"], "instruction");
  checkFile(fields["tokenizer"], "tokenizer");
  checkFile(fields["tokenizerConfig"], "tokenizerConfig");
  const known = record(fields["knownAnswers"], "knownAnswers");
  const texts = list(known["texts"], "knownAnswers.texts");
  for (const [at, value] of texts.entries()) filledText(value, `knownAnswers.texts[${at}]`);
  const { floor } = known;
  if (typeof floor !== "number" || !(floor > 0 && floor <= 1)) {
    throw bad("knownAnswers.floor", "a number above 0 and up to 1", floor);
  }
  const artifacts = record(fields["artifacts"], "artifacts");
  for (const device of Object.keys(artifacts)) {
    if (!DEVICES.includes(device as Device)) {
      throw unsupported(`artifacts may be there for ${DEVICES.join(" and ")} only`, device);
    }
    checkArtifact(artifacts[device], `artifacts.${device}`, texts.length * dimensions);
  }
  if (Object.keys(artifacts).length === 0) {
    throw bad("artifacts", `an object with ${DEVICES.join(" or ")}`, artifacts);
  }
  return card as ModelCard;
}

function checkArtifact(value: unknown, name: string, knownComponents: number): void {
  const artifact = record(value, name);
  checkFile(artifact["graph"], `${name}.graph`);
  const paths = list(artifact["data"], `${name}.data`).map((item, at) => {
    const entry = record(item, `${name}.data[${at}]`);
    checkFile(entry["file"], `${name}.data[${at}].file`);
    return filledText(entry["path"], `${name}.data[${at}].path`);
  });
  if (artifact["expanded"] !== undefined) {
    const expanded = record(artifact["expanded"], `${name}.expanded`);
    filledText(expanded["path"], `${name}.expanded.path`);
    checkFile(expanded["plan"], `${name}.expanded.plan`);
    if (!paths.includes(expanded["from"] as string)) {
      throw bad(`${name}.expanded.from`, "the path of one of the data files", expanded["from"]);
    }
  }
  const known = artifact["knownAnswers"];
  if (known === undefined) return;
  const { byteLength } = checkFile(known, `${name}.knownAnswers`);
  const wanted = knownComponents * Float32Array.BYTES_PER_ELEMENT;
  if (byteLength !== wanted) {
    throw bad(`${name}.knownAnswers.byteLength`, `${wanted}, texts × dimensions × 4`, byteLength);
  }
}

function checkFile(value: unknown, name: string): ModelFile {
  const file = record(value, name);
  filledText(file["url"], `${name}.url`);
  const size = count(file["byteLength"], `${name}.byteLength`);
  if (size > MAX_FILE_BYTES) {
    throw unsupported(`${name} is larger than a browser can hold, ${MAX_FILE_BYTES} bytes`, size);
  }
  const { sha256 } = file;
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw bad(`${name}.sha256`, "64 lower-case hexadecimal digits", sha256);
  }
  return value as ModelFile;
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw bad(name, "an object", value);
}

function list(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  throw bad(name, "an array", value);
}

function text(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw bad(name, "a string", value);
}

function filledText(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw bad(name, "a string that is not empty", value);
}

function count(value: unknown, name: string): number {
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw bad(name, "a whole number above 0", value);
}

function bad(name: string, wanted: string, value: unknown): RetrievalError {
  return new RetrievalError("INVALID_OPTION", `the model card's ${name} must be ${wanted}`, {
    value,
    repair: "Correct the model card.",
  });
}

function unsupported(problem: string, value: unknown): RetrievalError {
  return new RetrievalError("MODEL_UNSUPPORTED", `the model card's ${problem}`, {
    value,
    repair: "Choose another model.",
  });
}
