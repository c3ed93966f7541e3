import { RetrievalError, type ModelCard, type Role } from "@nearfield/core";
import { EncoderClient, spawnEncoderWorker, type EncoderStatus } from "@nearfield/encoder";
import { checkDimensions, validateCard } from "@nearfield/models";
import { pocketCard } from "@nearfield/pocket";
import {
  checkEncoderOptions,
  checkKeys,
  checkSignal,
  DEFAULTS,
  invalid,
  type EncoderOptions,
  type WorkerFactory,
} from "./options.ts";

export interface EncodeTextsOptions {
  /** Queries and documents may have different prompts. Default `document`. */
  readonly role?: Role | undefined;
  /** What the queries are for, in English, for models that take an instruction. */
  readonly instruction?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Texts in, vectors out, in a worker of its own. */
export interface Encoder {
  /**
   * One vector of unit length for each text, in their order. The first call waits for the model.
   * @throws RetrievalError `EMPTY_TEXT` or `INVALID_OPTION` for a bad text (nothing is encoded then), `ABORTED`, `CLOSED`,
   * and whatever loading the model can meet: `MODEL_*`, `DEVICE_*`, `EMBEDDING_INVALID`, `WORKER_*`, `TIMEOUT`
   */
  encode(texts: readonly string[], options?: EncodeTextsOptions): Promise<Float32Array[]>;
  /** A snapshot: device, rung, and why the others were left. */
  status(): EncoderStatus;
  /** Ends the worker; pending calls reject with `CLOSED`. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens an encoder for people who only want vectors. The model starts to load at once; the first `encode` waits for it.
 * @throws RetrievalError `INVALID_OPTION`; `INSECURE_CONTEXT`
 */
export function openEncoder(options: EncoderOptions = {}): Encoder {
  const checked = checkEncoderOptions(options);
  const client = makeEncoder(checked, "document", { spawn: checked.workers?.document });
  // Each encode reports the failure of the load that it waited for.
  client.start().catch(() => {});
  return {
    encode: async (texts, options) => client.encode(checkTexts(texts), checkEncode(options)),
    status: () => client.status(),
    close: async () => client.close(),
  };
}

interface Wiring {
  readonly spawn?: WorkerFactory | undefined;
  readonly connectIndex?: (() => Promise<MessagePort>) | undefined;
  readonly idleMs?: number | undefined;
}

/** The page's end of an encoder worker, with the defaults filled in. */
export function makeEncoder(
  options: EncoderOptions,
  role: Role,
  { spawn = spawnEncoderWorker, connectIndex, idleMs }: Wiring,
): EncoderClient {
  return new EncoderClient({
    card: cardOf(options),
    role,
    device: options.device ?? DEFAULTS.device,
    dimensions: dimensionsOf(options),
    runtime: options.runtime,
    spawn,
    connectIndex,
    idleMs,
  });
}

/** The card of the wanted model. @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED` for what is no sound card */
export function cardOf({ model = "pocket" }: EncoderOptions): ModelCard {
  return model === "pocket" ? pocketCard : validateCard(model);
}

/**
 * Length of the vectors that the options ask for.
 * @throws RetrievalError `INVALID_OPTION` where the model can not be cut to it
 */
export function dimensionsOf(options: EncoderOptions): number {
  return checkDimensions(cardOf(options), options.dimensions);
}

function checkEncode(options: unknown): EncodeTextsOptions & { readonly role: Role } {
  const known = ["role", "instruction", "signal"];
  const { role = "document", instruction, signal } = checkKeys("encode", options, known);
  if (role !== "document" && role !== "query") {
    throw invalid("role", `"query" or "document"`, role);
  }
  if (instruction !== undefined && typeof instruction !== "string") {
    throw invalid("instruction", "a string", instruction);
  }
  checkSignal(signal);
  return { role, instruction, signal };
}

function checkTexts(texts: unknown): readonly string[] {
  if (!Array.isArray(texts)) {
    throw new RetrievalError("INVALID_OPTION", "texts must be an array of strings", {
      value: texts,
      repair: "Put a single text into an array.",
    });
  }
  for (const [at, text] of texts.entries()) {
    if (typeof text !== "string") {
      throw new RetrievalError("INVALID_OPTION", `text ${at} is not a string`, {
        value: text,
        repair: "Give strings only.",
      });
    }
    if (text.trim() === "") {
      throw new RetrievalError("EMPTY_TEXT", `text ${at} says nothing`, {
        value: text,
        repair: "Leave out texts that are empty or only white space.",
      });
    }
  }
  return texts as readonly string[];
}
