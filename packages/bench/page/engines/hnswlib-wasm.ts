import { loadHnswlib, syncFileSystem, type HnswIndex } from "hnswlib-wasm";
import { rowAt, type Engine, type StoredSet, type VectorSet } from "../../src/engine.ts";

const FILE = "rows.dat";
/** The library's documented defaults. */
const M = 16;
const EF_CONSTRUCTION = 200;
const SEED = 100;
/** The width of the search; recall falls with it. */
const EF_SEARCH = 64;

/** A graph index: approximate, on the page's thread, stored through Emscripten's file system in IndexedDB. */
class HnswlibEngine implements Engine {
  #set: VectorSet | undefined;
  #index: HnswIndex | undefined;

  prepare(set: VectorSet): void {
    this.#set = set;
  }

  async build(): Promise<void> {
    const set = this.#set as VectorSet;
    const { HierarchicalNSW } = await loadHnswlib("IDBFS");
    const index = new HierarchicalNSW("ip", set.dimensions, "");
    index.initIndex(set.count, M, EF_CONSTRUCTION, SEED);
    index.setEfSearch(EF_SEARCH);
    for (let row = 0; row < set.count; row++) index.addPoint(rowAt(set, row), row, false);
    this.#index = index;
  }

  async persist(): Promise<void> {
    await this.#index?.writeIndex(FILE);
    await syncFileSystem("write");
  }

  async open({ dimensions, count }: StoredSet): Promise<void> {
    const { HierarchicalNSW } = await loadHnswlib("IDBFS");
    await syncFileSystem("read");
    const index = new HierarchicalNSW("ip", dimensions, "");
    await index.readIndex(FILE, count);
    index.setEfSearch(EF_SEARCH);
    this.#index = index;
  }

  async query(vector: Float32Array, limit: number): Promise<readonly number[]> {
    return this.#index?.searchKnn(vector, limit, undefined).neighbors ?? [];
  }

  describe(): unknown {
    return { M, EF_CONSTRUCTION, EF_SEARCH };
  }
}

export const createEngine = (): Engine => new HnswlibEngine();
