import { RetrievalError, type GeneratorCard } from "@nearfield/core";
import {
  nextTask,
  piecesOf,
  type Cache,
  type Decoder,
  type Engine,
} from "@nearfield/runtime/worker";
import type { WriteRequest, WrittenThought } from "../calls.ts";
import { Sampler } from "../sampler.ts";

export interface GeneratorOptions {
  readonly card: GeneratorCard;
  readonly decoder: Decoder;
  readonly markup: Engine;
  readonly text: Engine;
}

export interface WriteJob {
  readonly signal?: AbortSignal | undefined;
  readonly onToken?: ((tokens: number) => void) | undefined;
}

/** Writes thoughts: of the likeliest token each time, or drawn. */
export class Generator {
  readonly #options: GeneratorOptions;
  readonly #stop: ReadonlySet<number>;
  readonly #suppressed: ReadonlySet<number>;

  /** @throws RetrievalError `MODEL_INVALID` where the vocabulary lacks a token that the card names */
  constructor(options: GeneratorOptions) {
    const { card, markup, decoder } = options;
    if (!decoder.caches) {
      throw new RetrievalError("MODEL_INVALID", "the graph does not take keys and values", {
        value: card.name,
        repair: "Choose an export for text generation with a cache.",
      });
    }
    const idsOf = (names: readonly string[]) => new Set(names.map((name) => idOf(markup, name)));
    this.#options = options;
    this.#stop = idsOf(card.stopTokens);
    this.#suppressed = idsOf(card.suppressedTokens ?? []);
  }

  async write(request: WriteRequest, { signal, onToken }: WriteJob = {}): Promise<WrittenThought> {
    const { card, decoder, markup } = this.#options;
    const room = card.maxTokens - (card.reservedTokens ?? 0);
    // The prompt keeps at least one token, whatever is asked for.
    const most = Math.min(request.maxNewTokens, room - 1);
    // Its end is what asks for a thought.
    const promptTokens = this.#read(request).slice(-(room - most));
    const thoughtTokens: number[] = [];
    const isDrawn = card.sampling !== undefined && request.draw !== undefined;
    const sampler = isDrawn ? new Sampler(card.sampling, request.draw) : undefined;
    let cache: Cache | undefined;
    let ids: readonly number[] = promptTokens;
    while (thoughtTokens.length < most) {
      await nextTask();
      if (signal?.aborted) throw new RetrievalError("ABORTED", "the caller gave up thinking");
      const step = await decoder.next(ids, cache);
      const likeliest = this.#likeliest(step.logits);
      const token = sampler?.draw(step.logits, likeliest, this.#suppressed) ?? likeliest;
      if (this.#stop.has(token)) break;
      thoughtTokens.push(token);
      onToken?.(thoughtTokens.length);
      cache = step.cache;
      ids = [token];
    }
    return { text: markup.decode(thoughtTokens), promptTokens, thoughtTokens };
  }

  #read({ template, query }: WriteRequest): number[] {
    const { card, markup, text } = this.#options;
    const idsOf = (engine: Engine, part: string) =>
      [...piecesOf(part)].flatMap((piece) => engine.idsOf(piece));
    if (card.markup === "tokens")
      return idsOf(
        markup,
        template.replaceAll("{query}", () => query),
      );
    const parts = template.split("{query}");
    return parts.flatMap((part, at) => [
      ...(at > 0 ? idsOf(text, query) : []),
      ...idsOf(markup, part),
    ]);
  }

  /** The first of equals, as every implementation takes it. */
  #likeliest(logits: Float32Array): number {
    let best = -1;
    for (let id = 0; id < logits.length; id++) {
      if (this.#suppressed.has(id)) continue;
      if (best < 0 || (logits[id] as number) > (logits[best] as number)) best = id;
    }
    if (best >= 0 && Number.isFinite(logits[best])) return best;
    throw new RetrievalError("THOUGHT_INVALID", "the model's logits are no numbers", {
      repair: "Try another device.",
    });
  }
}

function idOf(engine: Engine, name: string): number {
  const id = engine.idOf(name);
  if (id !== undefined) return id;
  throw new RetrievalError("MODEL_INVALID", `the model's vocabulary has no token "${name}"`, {
    value: name,
    repair: "Correct the tokens of the generator's card.",
  });
}
