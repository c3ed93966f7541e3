export {
  ERROR_CODES,
  isRetrievalError,
  RetrievalError,
  type Device,
  type DocumentInput,
  type ErrorCode,
  type Fields,
  type FieldValue,
  type Dtype,
  type GeneratorCard,
  type ModelCard,
  type RepositoryCard,
  type RerankerCard,
  type RerankerRepositoryCard,
  type Role,
  type Towers,
} from "@nearfield/core";
export type { RuntimeFiles } from "@nearfield/encoder";
export type {
  Degradation,
  Durability,
  FieldCondition,
  Filter,
  FilterValue,
  Persistence,
  Precision,
  RecallReport,
  StorageChoice,
} from "@nearfield/index";
export type { ImportReport, StoredModel, StoreList } from "@nearfield/models";
export { destroyIndex, destroySearch, type DestroyOptions } from "./destroy.ts";
export { openEncoder, type Encoder, type EncodeTextsOptions } from "./encoder.ts";
export type { ImportSource } from "./file.ts";
export type { IndexOptions, IndexQueryOptions, SignalOptions } from "./index-options.ts";
export type { ModelChoice, ModelsOptions, SingleModel } from "./model.ts";
export { openModelStore, type ModelStore } from "./model-store.ts";
export { openIndex } from "./open-index.ts";
export { openSearch } from "./open-search.ts";
export type {
  AddOptions,
  AddProgress,
  EncoderOptions,
  LoadProgress,
  SearchOptions,
  SearchWorkers,
  WorkerFactory,
} from "./options.ts";
export type { QueryOptions, StreamOptions } from "./query-options.ts";
export type { Hit, Parts } from "./hit.ts";
export type {
  QueryReason,
  ReadyRecipe,
  ReasonStatus,
  SearchReasonOptions,
  ThoughtFunction,
} from "./reason-options.ts";
export type { QueryRerank, RerankerChoice, SearchRerankOptions } from "./rerank-options.ts";
export {
  openReranker,
  type Reranker,
  type RerankerOptions,
  type ScoreOptions,
} from "./reranker.ts";
export type { AddResult, ImportResult } from "./intake.ts";
export type { QueryResult, Search } from "./search.ts";
export type { QueryMode, Skipped, Stage, StageName, StageTrace } from "./stage.ts";
export type { ChangeStatus, EncoderStatus, ModelLoading, SearchStatus } from "./status.ts";
export type { GeneratorStatus, HydeDomain, ReasonRecipe, ThoughtRequest } from "@nearfield/reason";
export type { RerankerStatus } from "@nearfield/rerank";
export type {
  IndexQueryResult,
  IndexStatus,
  RepairResult,
  RowHit,
  VectorIndex,
} from "./vector-index.ts";
export type { Row } from "./vector-index/rows.ts";
