// The page that makes real vectors: the pocket model over texts, on WASM, so that they are the same on every machine.
import { openEncoder } from "nearfield";
import type { TextBench } from "../src/protocol.ts";

declare global {
  // `var` is the only declaration that types `globalThis`.
  var textBench: TextBench;
}

/** Texts of one call; those that were sent are kept if the run is broken off. */
const TEXTS_PER_BLOCK = 2_048;

globalThis.textBench = {
  async encode(textsAddress: string, vectorsAddress: string): Promise<number> {
    const texts = (await (await fetch(textsAddress)).json()) as string[];
    const encoder = openEncoder({ model: "pocket", device: "wasm" });
    let dimensions = 0;
    for (let start = 0; start < texts.length; start += TEXTS_PER_BLOCK) {
      const vectors = await encoder.encode(texts.slice(start, start + TEXTS_PER_BLOCK));
      dimensions = vectors[0]?.length ?? dimensions;
      const block = new Float32Array(vectors.length * dimensions);
      vectors.forEach((vector, at) => block.set(vector, at * dimensions));
      const body = { method: "POST", body: block };
      const response = await fetch(`${vectorsAddress}&from=${start}`, body);
      if (!response.ok) throw new Error(`${vectorsAddress}: status ${response.status}`);
    }
    await encoder.close();
    return dimensions;
  },
};
