export type {
  Degradation,
  HitParts,
  IndexCalls,
  IndexEntry,
  IndexHit,
  IndexReport,
  Persistence,
} from "./calls.ts";
export {
  destroyIndexNamed,
  IndexClient,
  spawnIndexWorker,
  type IndexClientOptions,
} from "./client.ts";
export type { FieldCondition, Filter, FilterValue } from "./filter.ts";
export { checkFilter } from "./filter/check.ts";
export { FlatIndex, type FlatIndexOptions } from "./flat-index.ts";
export { IndexedDbStore, type IndexedDbStoreOptions } from "./indexed-db-store.ts";
export { MemoryDatabase, MemoryStore } from "./memory-store.ts";
export { openFlatIndex, type OpenOptions } from "./open.ts";
