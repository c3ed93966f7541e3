export {
  encoderContract,
  type EncoderContractOptions,
  type EncoderUnderTest,
} from "./encoder-contract.ts";
export { lookUpGraph, tableRow, writeGraph, type GraphParts, type LookUpOptions } from "./graph.ts";
export { RUN_ALL } from "./run-all.ts";
export { scannerContract, type ScannerUnderTest } from "./scanner-contract.ts";
export { seededRandom, type SeededRandom } from "./seeded.ts";
export { openStand, type Orders, type Stand } from "./stand.ts";
export {
  seededBytes,
  type Fault,
  type Request,
  type StandFile,
  type StandRepository,
} from "./stand/fault.ts";
export { storeContract, type StoreFactory } from "./store-contract.ts";
export { VECTOR_SHAPES, vectorsOf, type VectorShape } from "./vectors.ts";
export { fileOf, readToyModel, type ToyModel, type ToyName } from "./toy-model.ts";
export { toyRepository } from "./toy-repository.ts";
export { readToyReranker, type ToyReranker } from "./toy-reranker.ts";
