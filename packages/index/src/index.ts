export type {
  Degradation,
  HitParts,
  IndexCalls,
  IndexContents,
  IndexEntry,
  IndexHit,
  IndexReport,
  Persistence,
  Precision,
  RepairReport,
  SearchAnswer,
  SearchTrace,
  StorageChoice,
} from "./calls.ts";
export {
  destroyIndexNamed,
  IndexClient,
  spawnIndexWorker,
  type IndexClientOptions,
} from "./client.ts";
export type { Holding } from "./exchange/holding.ts";
export { FILE_TYPE } from "./exchange/frame.ts";
export type { RecallReport } from "@nearfield/scan";
export type { FieldCondition, Filter, FilterValue } from "./filter.ts";
export { checkFilter } from "./filter/check.ts";
export { FlatIndex, type FlatIndexOptions } from "./flat-index.ts";
export type { Durability } from "./indexed-db/connection.ts";
export { IndexedDbStore, type IndexedDbStoreOptions } from "./indexed-db-store.ts";
export { MemoryDatabase, MemoryStore } from "./memory-store.ts";
export {
  beginIndex,
  finishIndex,
  inspectIndex,
  noteIndex,
  retireIndex,
  type StoredIndex,
} from "./succession.ts";
export { openFlatIndex, type OpenOptions } from "./open.ts";
