export { scannerContract } from "./scanner-contract.ts";
export { seededRandom, type SeededRandom } from "./seeded.ts";
export { VECTOR_SHAPES, vectorsOf, type VectorShape } from "./vectors.ts";
