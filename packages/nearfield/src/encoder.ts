import { RetrievalError, type Role } from "@nearfield/core";
import { EncoderClient, spawnEncoderWorker } from "@nearfield/encoder";
import { checkKeys, invalid } from "./check.ts";
import { ModelSource } from "./model.ts";
import {
  checkEncoderOptions,
  checkSignal,
  DEFAULTS,
  type EncoderOptions,
  type WorkerFactory,
} from "./options.ts";
import type { EncoderStatus } from "./status.ts";
import { Tower } from "./tower.ts";

export interface EncodeTextsOptions {
  /** Queries and documents may have different prompts. Default `document`. */
  readonly role?: Role | undefined;
  /** What the queries are for, in English, for models that take an instruction. */
  readonly instruction?: string | undefined;
  /** Cuts the vectors of this call to one of the model's lengths. Default: that of the encoder. */
  readonly dimensions?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Texts in, vectors out, in a worker of its own; two where the model has two towers. */
export interface Encoder {
  /**
   * One vector of unit length for each text, in their order. The first call waits for the model.
   * @throws RetrievalError `EMPTY_TEXT` or `INVALID_OPTION` for a bad text (nothing is encoded then), `ABORTED`, `CLOSED`,
   * and whatever finding and loading the model can meet: `MODEL_*`, `DEVICE_*`, `EMBEDDING_INVALID`, `WORKER_*`, `TIMEOUT`
   */
  encode(texts: readonly string[], options?: EncodeTextsOptions): Promise<Float32Array[]>;
  /**
   * A snapshot: how far the model is, device, rung, and why the others were left. `role` matters only where the model has two
   * towers; default `document`.
   */
  status(role?: Role): EncoderStatus;
  /** Ends the worker; pending calls reject with `CLOSED`. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens an encoder for people who only want vectors. One model starts to load at once, and the first `encode` waits for it;
 * of two towers each starts with the first text for it. What a model's name stands for is looked up meanwhile: where that
 * fails, `encode` says so, and the next call tries again.
 * @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED`, `MODEL_MISMATCH` for what is known to be wrong beforehand;
 * `INSECURE_CONTEXT`
 */
export function openEncoder(options: EncoderOptions = {}): Encoder {
  const checked = checkEncoderOptions(options);
  const source = new ModelSource(checked);
  const spawn = checked.workers;
  const document = openTower(source, checked, "document", { spawn: spawn?.document });
  let query: Tower | undefined;
  const isPair = async (signal?: AbortSignal) => {
    await document.find(signal);
    const cards = await source.cards(signal);
    return cards.query !== cards.document;
  };
  const begin = async () => (await isPair()) || document.start();
  // Each encode reports the failure of what it waited for.
  begin().catch(() => {});
  const towerOf = async (role: Role, signal: AbortSignal | undefined) => {
    if (role === "document" || !(await isPair(signal))) return document;
    return (query ??= openTower(source, checked, "query", { spawn: spawn?.query }));
  };
  return {
    encode: async (texts, options) => {
      const list = checkTexts(texts);
      const how = checkEncode(options);
      return (await towerOf(how.role, how.signal)).encode(list, how);
    },
    status: (role = "document") => ((role === "query" && query) || document).status(),
    close: async () => {
      source.close();
      document.close();
      query?.close();
    },
  };
}

interface Wiring {
  readonly spawn?: WorkerFactory | undefined;
  readonly connectIndex?: (() => Promise<MessagePort>) | undefined;
  readonly idleMs?: number | undefined;
}

/** The page's end of one tower, with the defaults filled in. */
export function openTower(
  source: Pick<ModelSource, "cards">,
  { device, dimensions, models, runtime, onLoadProgress }: EncoderOptions,
  role: Role,
  { spawn = spawnEncoderWorker, connectIndex, idleMs }: Wiring,
): Tower {
  return new Tower({
    card: async () => (await source.cards())[role],
    onLoading: (loading) => onLoadProgress?.({ ...loading, role }),
    open: (card, onLoadProgress) =>
      new EncoderClient({
        card,
        role,
        device: device ?? DEFAULTS.device,
        dimensions,
        runtime,
        redirects: models?.redirects,
        spawn,
        connectIndex,
        idleMs,
        onLoadProgress,
      }),
  });
}

function checkEncode(options: unknown): EncodeTextsOptions & { readonly role: Role } {
  const known = ["role", "instruction", "dimensions", "signal"];
  const checked = checkKeys("encode", options, known);
  const { role = "document", instruction, dimensions, signal } = checked;
  if (role !== "document" && role !== "query") {
    throw invalid("role", `"query" or "document"`, role);
  }
  if (instruction !== undefined && typeof instruction !== "string") {
    throw invalid("instruction", "a string", instruction);
  }
  if (dimensions !== undefined && typeof dimensions !== "number") {
    throw invalid("dimensions", "a number", dimensions);
  }
  checkSignal(signal);
  return { role, instruction, dimensions, signal };
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
