export { scannerContract } from "./scanner-contract.ts";
export { seededRandom, type SeededRandom } from "./seeded.ts";
export { storeContract, type StoreFactory } from "./store-contract.ts";
export { VECTOR_SHAPES, vectorsOf, type VectorShape } from "./vectors.ts";
