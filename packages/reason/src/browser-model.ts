import { RetrievalError } from "@nearfield/core";
import type { ThoughtProvider } from "./provider.ts";

/** The part of the Prompt API that is used. Source: the web platform's explainer of `LanguageModel`. */
interface LanguageModelClass {
  availability(): Promise<string>;
  create(options: { readonly signal: AbortSignal }): Promise<LanguageModelSession>;
}

interface LanguageModelSession {
  prompt(text: string, options: { readonly signal: AbortSignal }): Promise<string>;
  destroy(): void;
}

/** Whether this browser has a language model of its own, as far as can be seen without asking for it. */
export function hasBrowserModel(): boolean {
  return findClass() !== undefined;
}

/**
 * The browser's own language model. It takes no limit of tokens; the time limit of the recipe ends it.
 * Where there is none, or it would have to be downloaded first, each thought is `MODEL_UNSUPPORTED`.
 */
export function browserModel(): ThoughtProvider {
  return {
    name: "the browser's language model",
    think: async ({ prompt, thoughts, signal }) => {
      const model = findClass();
      const availability = await model?.availability();
      if (!model || availability !== "available") {
        throw new RetrievalError("MODEL_UNSUPPORTED", "this browser has no language model ready", {
          value: availability ?? "no LanguageModel",
          repair: "Use a local model or a function of your own.",
        });
      }
      const written: string[] = [];
      // A session each: an answer must not depend on the one before.
      for (let count = 0; count < thoughts; count++) {
        const session = await model.create({ signal });
        try {
          written.push(await session.prompt(prompt, { signal }));
        } finally {
          session.destroy();
        }
      }
      return written;
    },
  };
}

function findClass(): LanguageModelClass | undefined {
  const found: unknown = Reflect.get(globalThis, "LanguageModel");
  const isThere = typeof found === "function" || typeof found === "object";
  return isThere && found !== null && "create" in found
    ? (found as unknown as LanguageModelClass)
    : undefined;
}
