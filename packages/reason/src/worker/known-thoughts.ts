import { RetrievalError, type GeneratorCard } from "@nearfield/core";
import {
  LEAST_AGREEMENT,
  measureAgreement,
  type Decoder,
  type Engine,
} from "@nearfield/runtime/worker";
import type { LoadReport } from "../calls.ts";
import type { Generator } from "./generator.ts";

export interface KnownThoughtsParts {
  readonly card: GeneratorCard;
  readonly generator: Generator;
  readonly decoder: Decoder;
  readonly engine: Engine;
  readonly onGpu: boolean;
}

/** More than 32 tokens for every vocabulary: kernels have been wrong beyond those only. */
const TEXT = "Refunds are paid to the original card within five working days. ".repeat(6);

/**
 * Has the card's known thoughts written and compares them token by token. Where a card has none a GPU is compared with itself, which
 * finds a kernel that is wrong for one of two ways; WASM needs none of that.
 * @throws RetrievalError `THOUGHT_INVALID` where the device computes something else
 */
export async function checkKnownThoughts(parts: KnownThoughtsParts): Promise<LoadReport["check"]> {
  const { card, generator, decoder, engine, onGpu } = parts;
  const known = card.knownThoughts;
  if (known) {
    for (const [at, prompt] of known.prompts.entries()) {
      const wanted = known.tokens[at] as readonly number[];
      const request = { template: "{query}", query: prompt, maxNewTokens: wanted.length };
      const { thoughtTokens } = await generator.write(request);
      const differs = wanted.findIndex((id, i) => thoughtTokens[i] !== id);
      if (differs >= 0) throw wrong(`thought ${at} differs from the known one`, `token ${differs}`);
    }
    return { thoughts: known.prompts.length, agreement: null };
  }
  if (!onGpu) return null;
  const agreement = await measureAgreement(decoder, engine.idsOf(TEXT));
  if (agreement >= LEAST_AGREEMENT) return { thoughts: 0, agreement };
  throw wrong("the same text read in two ways gives other logits", agreement);
}

function wrong(problem: string, value: unknown): RetrievalError {
  return new RetrievalError("THOUGHT_INVALID", problem, {
    value,
    repair: "Try another device: this one computes something else.",
  });
}
