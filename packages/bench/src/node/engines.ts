export type EngineName =
  | "nearfield"
  | "nearfield-compact"
  | "loop"
  | "browservec"
  | "hnswlib-wasm"
  | "orama"
  | "pglite"
  | "client-vector-search";

/** Which module measures a library, and what is known of it beforehand. */
export interface EngineInfo {
  /** Also the name of its module in `page/engines`. */
  readonly name: EngineName;
  /** As tables and plots call it. */
  readonly title: string;
  /** The package whose version is reported; undefined for what is in this workspace. */
  readonly package?: string;
  /** False for an engine that may miss near rows by design. */
  readonly exact: boolean;
  /** True where it can be asked for rows of one bucket. */
  readonly filters?: boolean;
}

/** In the order in which they take turns. */
export const ENGINES: readonly EngineInfo[] = [
  { name: "nearfield", title: "Nearfield, exact", exact: true, filters: true },
  { name: "nearfield-compact", title: "Nearfield, compact", exact: false, filters: true },
  { name: "loop", title: "naive typed loop", exact: true, filters: true },
  { name: "browservec", title: "BrowserVec", package: "browservec", exact: true },
  { name: "hnswlib-wasm", title: "hnswlib-wasm (HNSW)", package: "hnswlib-wasm", exact: false },
  { name: "orama", title: "Orama", package: "@orama/orama", exact: true, filters: true },
  {
    name: "pglite",
    title: "PGlite + pgvector",
    package: "@electric-sql/pglite",
    exact: true,
    filters: true,
  },
  {
    name: "client-vector-search",
    title: "client-vector-search",
    package: "client-vector-search",
    exact: true,
  },
];

/** What all ratios are relative to. */
export const YARDSTICK: EngineName = "loop";

export function engineInfo(name: EngineName): EngineInfo {
  return ENGINES.find((engine) => engine.name === name) as EngineInfo;
}
