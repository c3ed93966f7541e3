// The first stage of an answer after each letter of a query. Driven by `bench.mjs`.
import { sha256, type ModelCard } from "@nearfield/core";
import { pocketCard } from "@nearfield/pocket";
import { lookUpGraph } from "@nearfield/testing/graph";
import { openSearch } from "../open-search.ts";
import { inventTexts } from "./text.ts";

export interface KeystrokeSizes {
  readonly passages: number;
  readonly queries: number;
}

interface Spread {
  readonly median: number;
  readonly p95: number;
  readonly greatest: number;
}

export interface KeystrokeFigures {
  readonly documents: number;
  readonly passages: number;
  readonly keystrokes: number;
  /** From the call of `stream` to its first stage. */
  readonly letterMs: Spread;
  /** The same for whole queries that nothing was typed before. */
  readonly wholeMs: Spread;
  /** What of it the index worker took for the words, for whole queries. */
  readonly lexicalMs: Spread;
  /** Tasks of the page of 50 ms and more while somebody typed. */
  readonly longTasks: number;
}

/** Somebody who types fast. */
const BETWEEN_KEYS_MS = 60;
/** Words of a query. */
const WORDS = 5;
const DOCUMENTS_AT_ONCE = 500;

/**
 * Types queries into a search whose words wait for nothing, while its model, which is the one that is shipped, reads each of them. The
 * passages have vectors of a graph that only looks tokens up: those are made in seconds.
 * @param texts default: invented ones
 */
export async function measureKeystrokes(
  sizes: KeystrokeSizes,
  texts: readonly string[] = inventTexts(sizes.passages),
): Promise<KeystrokeFigures> {
  const name = `keystroke ${Math.random()}`;
  const model = { query: pocketCard, document: await quickCard() };
  const search = await openSearch({ name, model, device: "wasm" });
  try {
    for (let at = 0; at < texts.length; at += DOCUMENTS_AT_ONCE) {
      const some = texts.slice(at, at + DOCUMENTS_AT_ONCE);
      await search.add(some.map((text, i) => ({ id: String(at + i), text })));
    }
    const queries = queriesOf(texts, sizes.queries);
    const firstOf = async (text: string) => {
      const begunAt = performance.now();
      const stream = search.stream(text);
      const { value } = await stream.next();
      const ms = performance.now() - begunAt;
      return { ms, lexicalMs: (value && value.trace.lexicalMs) ?? NaN, stream };
    };
    await (await firstOf("to load the model")).stream.next();
    let longTasks = 0;
    const observer = new PerformanceObserver((list) => (longTasks += list.getEntries().length));
    observer.observe({ type: "longtask" });
    const letters: number[] = [];
    const whole: number[] = [];
    const lexical: number[] = [];
    for (const query of queries) {
      for (let length = 2; length <= query.length; length++) {
        const { ms, stream } = await firstOf(query.slice(0, length));
        letters.push(ms);
        // Whoever shows stages waits for the next one too; the next letter ends that.
        void stream.next();
        await pause(BETWEEN_KEYS_MS);
      }
      await pause(5 * BETWEEN_KEYS_MS);
      const { ms, lexicalMs, stream } = await firstOf(query);
      whole.push(ms);
      lexical.push(lexicalMs);
      await stream.next();
    }
    observer.disconnect();
    const { documents, passages } = search.status().counts;
    return {
      documents,
      passages,
      keystrokes: letters.length,
      letterMs: spreadOf(letters),
      wholeMs: spreadOf(whole),
      lexicalMs: spreadOf(lexical),
      longTasks,
    };
  } finally {
    await search.destroy();
  }
}

/** Some words that stand together in a passage, evenly taken from all of them. */
function queriesOf(texts: readonly string[], count: number): string[] {
  const every = Math.max(1, Math.floor(texts.length / count));
  return Array.from({ length: count }, (_, at) => {
    const words = (texts[(at * every) % texts.length] as string).split(/\s+/);
    const from = (at * 7) % Math.max(1, words.length - WORDS);
    return words.slice(from, from + WORDS).join(" ");
  });
}

/** A document tower of pocket's space that does next to nothing. */
async function quickCard(): Promise<ModelCard> {
  const { network: _n, knownAnswers: _k, ...card } = pocketCard;
  const bytes = lookUpGraph({ rows: VOCABULARY, width: pocketCard.dimensions });
  const url = URL.createObjectURL(new Blob([bytes]));
  const graph = { url, byteLength: bytes.byteLength, sha256: await sha256(bytes.buffer) };
  return {
    ...card,
    name: "looked up",
    pooling: "mean",
    output: "last_hidden_state",
    artifacts: { wasm: { graph, data: [] } },
    knownAnswers: { texts: ["a"], floor: 0.99 },
  };
}

/** Tokens of pocket's tokenizer, and some. */
const VOCABULARY = 28_010;

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] as number;
  return { median: at(0.5), p95: at(0.95), greatest: at(1) };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
