import { cosine } from "@nearfield/core";
import type { Decoder } from "./decoder.ts";

/** Attention kernels have been wrong beyond 32 tokens only. */
const FIRST = 16;
const TOKENS = 48;

/** Rounding stays far above: a wrong kernel was met at 0.98 behind one layer, and at 0.62 behind three. */
export const LEAST_AGREEMENT = 0.995;

/**
 * How well a device agrees with itself, where nobody said what a model must give: the same tokens read at once, and most of them
 * one after another from the cache, which other kernels do. It finds what is wrong for one of the two ways.
 * @param ids tokens of a text; those from the 48th on are left out
 * @returns cosine of the two rows of logits, 1 where the graph has no cache
 * @throws RetrievalError `DEVICE_LOST`, `INFERENCE_FAILED`
 */
export async function measureAgreement(decoder: Decoder, ids: readonly number[]): Promise<number> {
  if (!decoder.caches || ids.length <= FIRST) return 1;
  const row = ids.slice(0, TOKENS);
  const [whole] = await decoder.last([row]);
  let cache = await decoder.read(row.slice(0, FIRST));
  for (const id of row.slice(FIRST, -1)) cache = await decoder.read([id], cache);
  const [parted] = await decoder.last([row.slice(-1)], cache);
  return cosine(whole as Float32Array, parted as Float32Array);
}
