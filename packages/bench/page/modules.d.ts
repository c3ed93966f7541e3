// Modules that the build of the page provides. The peers are installed by the benchmark alone, so their types are not there
// when this is checked: what is declared here is what is called.

declare module "virtual:engine" {
  import type { Engine } from "../src/engine.ts";
  export function createEngine(): Engine;
}

declare module "hnswlib-wasm" {
  export interface HnswIndex {
    initIndex(most: number, m: number, efConstruction: number, seed: number): void;
    addPoint(point: Float32Array, label: number, replaceDeleted: boolean): void;
    setEfSearch(ef: number): void;
    searchKnn(
      point: Float32Array,
      limit: number,
      filter: undefined,
    ): { neighbors: number[]; distances: number[] };
    writeIndex(filename: string): Promise<boolean>;
    readIndex(filename: string, most: number): Promise<boolean>;
  }
  export interface HnswLibrary {
    readonly HierarchicalNSW: new (
      space: string,
      dimensions: number,
      autoSave: string,
    ) => HnswIndex;
  }
  export function loadHnswlib(fileSystem: "IDBFS"): Promise<HnswLibrary>;
  export function syncFileSystem(action: "read" | "write"): Promise<void>;
}

declare module "@orama/orama" {
  export interface Orama {
    readonly data: unknown;
  }
  export function create(options: { schema: Record<string, string> }): Orama;
  export function insertMultiple(
    orama: Orama,
    documents: readonly object[],
    batchSize?: number,
  ): Promise<string[]> | string[];
  export function searchVector(
    orama: Orama,
    options: {
      mode: "vector";
      vector: { value: readonly number[]; property: string };
      similarity: number;
      limit: number;
      where?: object;
    },
  ): { hits: { id: string }[] } | Promise<{ hits: { id: string }[] }>;
  export function save(orama: Orama): unknown;
  export function load(orama: Orama, data: unknown): void;
}

declare module "@electric-sql/pglite" {
  export interface Transaction {
    query<Row>(
      sql: string,
      values?: readonly unknown[],
      options?: { blob?: Blob },
    ): Promise<{ rows: Row[] }>;
  }
  export interface Database extends Transaction {
    exec(sql: string): Promise<unknown>;
    syncToFs(): Promise<void>;
    transaction(work: (transaction: Transaction) => Promise<void>): Promise<void>;
  }
  export const PGlite: {
    create(address: string, options: { extensions: { vector: unknown } }): Promise<Database>;
  };
}

declare module "@electric-sql/pglite-pgvector" {
  export const vector: unknown;
}

declare module "client-vector-search" {
  export class EmbeddingIndex {
    constructor(objects?: readonly object[]);
    add(object: object): void;
    search(
      query: readonly number[],
      options: { topK: number },
    ): Promise<{ similarity: number; object: { id: number } }[]>;
    saveIndex(storage: "indexedDB"): Promise<void>;
    getAllObjectsFromIndexedDB(): Promise<object[]>;
  }
}

declare module "browservec" {
  export interface BrowserVecDatabase {
    addBatch(records: readonly { id: string; vector: Float32Array }[]): Promise<void>;
    query(vector: Float32Array, options: { k: number }): Promise<{ id: string }[]>;
    save(): Promise<void>;
  }
  export const BrowserVec: {
    create(options: {
      dimension: number;
      metric: "dot";
      fallback: "wasm";
      persist: { name: string };
    }): Promise<BrowserVecDatabase>;
  };
}
