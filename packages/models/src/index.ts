export { findReranker, RERANKER_CARDS } from "./cards/rerankers.ts";
export { validateGeneratorCard } from "./generator-card.ts";
export { validateRerankerCard, validateRerankerRepositoryCard } from "./reranker-card.ts";
export { resolveReranker, type ResolveRerankerOptions } from "./store/resolve-reranker.ts";
export { validateCard, validateRepositoryCard } from "./card.ts";
export { BUILT_IN_CARDS, findCard } from "./cards.ts";
export { CRE_T1, creT1Cards, type CreT1Options, type CreT1Tower } from "./cards/cre.ts";
export { checkDimensions } from "./dimensions.ts";
export type { FetchStage, OnBytes } from "./download.ts";
export { DTYPES, PREFERRED, type DtypeFacts } from "./dtype.ts";
export { fetchVerified, type FetchOptions, type VerifiedFile } from "./file.ts";
export { fingerprintOf } from "./fingerprint.ts";
export { KNOWN_FLOOR, KNOWN_TEXTS } from "./known-texts.ts";
export { checkRepository, checkRevision, isCommit } from "./name.ts";
export {
  chooseArtifact,
  pinCard,
  pinOffer,
  PUBLIC_HUB,
  urlOf,
  type Offer,
  type PinOptions,
} from "./pin.ts";
export { planAmong, planOf, type Plan } from "./plan.ts";
export { planModel } from "./plan/built-in.ts";
export { formatBytes } from "./plan/bytes.ts";
export type { Refusal, Wishes } from "./plan/limit.ts";
export { ANY_MACHINE, ENGINE, type GpuFacts, type MachineFacts } from "./plan/machine.ts";
export type { Needs } from "./plan/need.ts";
export { weighModel, type Candidate } from "./plan/weigh.ts";
export { cardFromRepository, type RepositoryOptions } from "./repository.ts";
export { rerankerFromRepository } from "./reranker-repository.ts";
export type { FileFacts, RepositoryReader } from "./repository/reader.ts";
export { measureHeader, readTensorIndex, type TensorEntry } from "./safetensors.ts";
export type { FileRecord, Shelf, ShelfEntry } from "./shelf.ts";
export { checkTowers, isTowers, towersOf } from "./towers.ts";
export { openModelStore } from "./store.ts";
export { CACHE_NAME, openShelf } from "./store/cache-storage.ts";
export type { StoredModel, StoreList } from "./store/contents.ts";
export { fetchAll, type FetchAllOptions, type FetchProgress } from "./store/fetch-all.ts";
export { findModel } from "./store/find.ts";
export { gatherFiles, type GatheredFiles } from "./store/gather.ts";
export type { HostOptions } from "./store/host.ts";
export type { ImportReport } from "./store/import.ts";
export type { ModelStore, ModelStoreOptions } from "./store/model-store.ts";
export type { ResolveOptions } from "./store/resolve.ts";
export type { RetryPolicy } from "./store/retry.ts";
