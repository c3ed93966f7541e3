export type {
  KnownAnswers,
  KnownScores,
  ModelCard,
  NetworkShape,
  RepositoryCard,
  Towers,
} from "./card.ts";
export type {
  Device,
  Dtype,
  DtypeLimit,
  ExpandedData,
  ModelArtifact,
  ModelFile,
  RepositoryArtifact,
  RepositoryFile,
} from "./card/file.ts";
export type {
  Activation,
  DenseLayer,
  EncodingRecipe,
  EndToken,
  HeadLayer,
  LayerNorm,
  Pooling,
  PoolingMode,
  Role,
  SpecialToken,
} from "./card/recipe.ts";
export type { GeneratorCard, KnownThoughts, Sampling } from "./card/generator.ts";
export type {
  PairScoring,
  RerankerCard,
  RerankerRepositoryCard,
  RerankRecipe,
  YesNoScoring,
} from "./card/reranker.ts";
export { canonicalJson, crc32, hashOf, sha256, xxh32 } from "./checksum.ts";
export type { DocumentInput, Fields, FieldValue, PassageSpan, StoredDocument } from "./document.ts";
export {
  asRetrievalError,
  ERROR_CODES,
  isRetrievalError,
  RetrievalError,
  shorten,
  type ErrorCode,
  type RetrievalErrorDetails,
} from "./errors.ts";
export type { Entry, EntryBlock, IndexCounts, IngestCalls } from "./ingest.ts";
export { loadPart } from "./part.ts";
export { compareIds, compareScored, type RowKey, type Scored } from "./rank.ts";
export type { AsyncScanner, BlockId, RowHolder, Scanner, ScanHits, ScanTarget } from "./scanner.ts";
export {
  sameToken,
  type ManifestRecord,
  type Piece,
  type RecordHandle,
  type RecordKey,
  type RecordRead,
  type SegmentStore,
  type StoreChange,
  type StoredRecord,
  type StoreSnapshot,
  type StoreStage,
  type StoreTable,
  type StoreToken,
} from "./store.ts";
export { cosine, dot, isFinite32, norm, normalize } from "./vectors.ts";
