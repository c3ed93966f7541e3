// Which files of a card give the vectors that a device without known answers is held against.
import type { Dtype, ModelArtifact, ModelCard } from "@nearfield/core";
import { DTYPES } from "@nearfield/models";

export interface Reference {
  /** What is run on WASM. */
  readonly artifact: ModelArtifact;
  /** Least cosine that the GPU has to meet. */
  readonly floor: number;
}

/**
 * The same file on both devices. Right kernels were met at 0.99999 and more in fp32. 4-bit blocks are multiplied by
 * activations that WASM rounds to 8 bits and a GPU does not: 0.999 and more. Wrong attention was at 0.98 and below in one
 * layer, and at 0.62 after three.
 */
const SAME_FILE = { fp32: 0.999, other: 0.995 } as const;

/**
 * How far a format may be from fp32, where the two devices run different files. 8-bit files of a six-layer model had a
 * least cosine of 0.97 and above to fp32, larger models 0.999; 4-bit blocks lose more; half floats are next to fp32 where they
 * do not overflow. Vectors of a wrong kernel in a whole network are far below all of these.
 */
const DISTANCE: Readonly<Record<Dtype, number>> = {
  fp32: 0.001,
  fp16: 0.01,
  q8: 0.03,
  int8: 0.03,
  uint8: 0.03,
  q4: 0.07,
  q4f16: 0.08,
  bnb4: 0.08,
};

/**
 * The reference for the GPU's files: the same ones if WASM can run them, else those of the WASM rung.
 * @param fits whether WASM has room for an artifact
 * @returns null where there is nothing that WASM can run: then nobody can say whether the GPU is right
 */
export function chooseReference(
  { artifacts }: Pick<ModelCard, "artifacts">,
  fits: (artifact: ModelArtifact) => boolean,
): Reference | null {
  const { webgpu, wasm } = artifacts;
  if (!webgpu) return null;
  if (runsOnWasm(webgpu, wasm) && fits(webgpu)) {
    const { dtype } = webgpu;
    return { artifact: webgpu, floor: dtype === "fp32" ? SAME_FILE.fp32 : SAME_FILE.other };
  }
  if (!wasm || !fits(wasm)) return null;
  return { artifact: wasm, floor: 1 - distanceOf(webgpu) - distanceOf(wasm) };
}

/** A graph that mixes formats of its own may be for one device only, unless the card gives it to both. */
function runsOnWasm(webgpu: ModelArtifact, wasm: ModelArtifact | undefined): boolean {
  if (webgpu.graph.sha256 === wasm?.graph.sha256) return true;
  return webgpu.dtype !== undefined && DTYPES[webgpu.dtype].devices.includes("wasm");
}

function distanceOf({ dtype }: ModelArtifact): number {
  // As far as any that is in use.
  return dtype === undefined ? DISTANCE.q4 : DISTANCE[dtype];
}
