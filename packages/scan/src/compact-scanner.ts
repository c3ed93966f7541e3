import {
  RetrievalError,
  type AsyncScanner,
  type BlockId,
  type ScanHits,
  type ScanTarget,
} from "@nearfield/core";
import { effortFor, isExact, type Effort } from "./effort.ts";
import { BitFormat, type BitBlock } from "./formats/bits.ts";
import {
  allocateScratch,
  type Heap,
  type PreparedQuery,
  type ScannedBlock,
  type Scratch,
} from "./formats/format.ts";
import { Int8Format, type Int8Block } from "./formats/int8.ts";
import { inTiers, type StagedQuery } from "./formats/tiers.ts";
import { HitList } from "./hits.ts";
import { bestModule, instantiateKernels, type ModuleName } from "./kernels/kernels.ts";
import { copyRows, KernelMemory } from "./memory.ts";
import { noCandidates, runPass, type Asked, type Candidates } from "./pass.ts";
import { raiseEffort, type RecallOptions, type RecallReport } from "./recall.ts";
import { rescore, scanStored, type TargetReader } from "./stored-rows.ts";
import {
  checkDimensions,
  checkLimit,
  checkQueries,
  closed,
  countRows,
  resolveTarget,
} from "./validation.ts";

/** Beyond it table entries have too few bits. */
const MAX_COMPACT_DIMENSIONS = 4096;
const DEFAULT_RECALL = 0.99;
/** What the one-bit codes of a million rows of 384 dimensions take: no more is taken for fewer rows. */
const DEFAULT_MEMORY_BYTES = 52_000_000;

/**
 * Reads rows as they were added, from wherever the caller keeps them: `rows` of one block, ascending, without
 * repetition. Gives them one after the other, row-major. What it throws or rejects with, the search rejects with.
 */
export type RowsReader = (
  block: BlockId,
  rows: Uint32Array,
) => Float32Array | Promise<Float32Array>;

export interface CompactScannerOptions {
  /** Where to read candidates from. Absent: the scanner keeps a copy of all rows, and is compact in traffic alone. */
  readonly readRows?: RowsReader | undefined;
  /** Share of the true hits that is to be found, above 0 and up to 1, which means exact. Default: 0.99. */
  readonly recall?: number | undefined;
  /**
   * As long as they fit, 8-bit codes are kept beside those of one bit: then some dozens of rows are read for a search instead
   * of some hundreds. Default: 52,000,000 bytes for all codes together.
   */
  readonly memoryBytes?: number | undefined;
  /** Default: the best that the engine takes. */
  readonly module?: ModuleName | undefined;
}

interface Block extends ScannedBlock {
  readonly coarse: BitBlock;
  /** In all blocks, or in none once the memory does not suffice. */
  fine: Int8Block | undefined;
  /** The rows themselves, where nobody else keeps them. */
  readonly held: Float32Array | undefined;
}

/** What a pass leaves for one query. */
interface Passed {
  readonly candidates: Candidates;
  readonly unit: number;
  readonly bar: number;
}

/** What there is until `close`. */
interface Machinery {
  readonly memory: KernelMemory;
  readonly scratch: Scratch;
  readonly bits: BitFormat;
  readonly codes: Int8Format;
}

/**
 * Scans one bit per component and one factor per row (RaBitQ, Gao and Long, SIGMOD 2024), and scores with `dot` the rows whose
 * estimate says that they may well be among the best. Scores and their order are exact; **rows may be missing**. How many are, `measureRecall`
 * says, and it makes all later searches look at more if it was too few.
 */
export class CompactScanner implements AsyncScanner {
  readonly kind = "compact";
  readonly dimensions: number;
  readonly #target: number;
  readonly #memoryBytes: number;
  readonly #readRows: RowsReader | undefined;
  readonly #module: ModuleName;
  readonly #blocks = new Map<BlockId, Block>();
  #nextId = 1;
  #effort: Effort;
  #recall: RecallReport | undefined;
  #isRefined = true;
  #codeBytes = 0;
  #heldBytes = 0;
  #machinery: Machinery | undefined;

  /**
   * @throws RetrievalError `INVALID_OPTION` for dimensions above 4096 or out of range, or a recall that is no share.
   * @throws CompileError where the engine does not take the module or a policy forbids WebAssembly.
   */
  constructor(dimensions: number, options: CompactScannerOptions = {}) {
    const { recall = DEFAULT_RECALL, memoryBytes = DEFAULT_MEMORY_BYTES } = options;
    checkOptions(dimensions, recall);
    this.dimensions = dimensions;
    this.#target = recall;
    this.#memoryBytes = memoryBytes;
    this.#readRows = options.readRows;
    this.#module = options.module ?? bestModule();
    this.#effort = effortFor(recall);
    const memory = new KernelMemory();
    const kernels = instantiateKernels(memory.memory, this.#module);
    const scratch = allocateScratch(memory);
    this.#machinery = {
      memory,
      scratch,
      bits: new BitFormat(memory, kernels, scratch, dimensions),
      codes: new Int8Format(memory, kernels, scratch, dimensions, this.#module),
    };
  }

  /** True where a recall of 1 was asked for, or nothing less than an exact search reached the recall. */
  get isExact(): boolean {
    return isExact(this.#effort);
  }

  get description(): string {
    const module = this.#module === "relaxed" ? "relaxed" : "portable";
    const codes = this.#isRefined ? "codes of 1 bit, refined by codes of 8" : "codes of 1 bit";
    const trust = this.isExact
      ? "every row is looked at, as the recall asks for"
      : `estimates are trusted to ${this.#effort.deviations} deviations`;
    return `WebAssembly, ${module} SIMD, over ${codes}; ${trust}`;
  }

  get byteLength(): number {
    return this.#codeBytes + this.#heldBytes;
  }

  /** What `measureRecall` found last. */
  get recall(): RecallReport | undefined {
    return this.#recall;
  }

  add(rows: Float32Array): BlockId {
    const { bits, codes } = this.#open();
    const count = countRows(rows, this.dimensions);
    const coarse = bits.encode(rows, count);
    let fine: Int8Block | undefined;
    try {
      const held = this.#readRows ? undefined : copyRows(rows);
      if (this.#isRefined) fine = codes.encode(rows, count);
      const { byteLength } = coarse;
      const id = this.#nextId++;
      this.#blocks.set(id, { count, byteLength, coarse, fine, held });
      this.#codeBytes += byteLength + (fine?.byteLength ?? 0);
      this.#heldBytes += held?.byteLength ?? 0;
      if (this.#isRefined && this.#codeBytes > this.#memoryBytes) this.#dropFineCodes();
      return id;
    } catch (thrown) {
      coarse.free();
      fine?.free();
      throw thrown;
    }
  }

  remove(id: BlockId): void {
    const block = this.#blocks.get(id);
    if (!block) return;
    this.#blocks.delete(id);
    const { coarse, fine, held } = block;
    this.#codeBytes -= coarse.byteLength + (fine?.byteLength ?? 0);
    this.#heldBytes -= held?.byteLength ?? 0;
    coarse.free();
    fine?.free();
  }

  async search(
    query: Float32Array,
    limit: number,
    targets: readonly ScanTarget[],
  ): Promise<ScanHits> {
    return (await this.searchBatch([query], limit, targets))[0] as ScanHits;
  }

  searchBatch(
    queries: readonly Float32Array[],
    limit: number,
    targets: readonly ScanTarget[],
  ): Promise<ScanHits[]> {
    return this.#search(this.#effort, queries, limit, targets);
  }

  /**
   * Holds what searches find against what there is. If the share is below the target, this and all later searches look
   * at more, in the end at every row.
   *
   * @param queries some dozens: queries of the past, or rows where there are none
   * @throws RetrievalError as `search`, and `ABORTED`.
   */
  async measureRecall(
    queries: readonly Float32Array[],
    options: RecallOptions = {},
  ): Promise<RecallReport> {
    const targets = options.targets ?? Array.from(this.#blocks.keys(), (block) => ({ block }));
    const { effort, report } = await raiseEffort(
      this.#effort,
      this.#target,
      options,
      (tried, limit) => this.#search(tried, queries, limit, targets),
    );
    this.#effort = effort;
    this.#recall = report;
    return report;
  }

  close(): void {
    this.#blocks.clear();
    this.#codeBytes = 0;
    this.#heldBytes = 0;
    this.#machinery = undefined;
  }

  #open(): Machinery {
    if (!this.#machinery) throw closed();
    return this.#machinery;
  }

  /** From here on for good: rows that come and go must not let the memory grow again and again. */
  #dropFineCodes(): void {
    this.#isRefined = false;
    for (const block of this.#blocks.values()) {
      this.#codeBytes -= block.fine?.byteLength ?? 0;
      block.fine?.free();
      block.fine = undefined;
    }
  }

  async #search(
    effort: Effort,
    queries: readonly Float32Array[],
    limit: number,
    targets: readonly ScanTarget[],
  ): Promise<ScanHits[]> {
    this.#open();
    checkQueries(queries, this.dimensions);
    checkLimit(limit);
    const blocks = targets.map((target) => resolveTarget(this.#blocks, target));
    const k = Math.min(
      limit,
      blocks.reduce((sum, { count }) => sum + count, 0),
    );
    if (k === 0) return queries.map(() => new HitList(0).best(limit));
    const read = this.#reader(targets, blocks);
    if (isExact(effort) && !this.#isRefined) {
      const stored = blocks.map(({ count }, i) => ({ count, allowed: targets[i]?.allowed }));
      return scanStored(queries, limit, stored, read);
    }
    const reads = this.#isRefined ? Infinity : effort.reads;
    const bounds = this.#isRefined ? "tight" : "loose";
    const passed = this.#pass(effort, queries, k, targets, blocks);
    return Promise.all(
      queries.map((query, i) =>
        rescore(query, { ...(passed[i] as Passed), limit, reads, bounds, read }),
      ),
    );
  }

  #reader(targets: readonly ScanTarget[], blocks: readonly Block[]): TargetReader {
    const { dimensions } = this;
    const readRows = this.#readRows;
    return (target, rows) => {
      const held = (blocks[target] as Block).held;
      if (!held) return (readRows as RowsReader)((targets[target] as ScanTarget).block, rows);
      const vectors = new Float32Array(rows.length * dimensions);
      for (const [i, row] of rows.entries())
        vectors.set(held.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions);
      return vectors;
    };
  }

  /** The part of a search that runs over codes. Ends before anything is waited for, and leaves no memory taken. */
  #pass(
    effort: Effort,
    queries: readonly Float32Array[],
    k: number,
    targets: readonly ScanTarget[],
    blocks: readonly Block[],
  ): Passed[] {
    const { memory, scratch } = this.#open();
    const asked: { readonly staged: StagedQuery<Block>; readonly heap: Heap }[] = [];
    try {
      for (const query of queries) {
        const staged = this.#prepare(query, effort, blocks, k);
        try {
          asked.push({ staged, heap: { at: memory.allocate(k * 8), k } });
        } catch (thrown) {
          staged.free();
          throw thrown;
        }
      }
      let passed: Asked<Block>[] = [];
      for (const stage of asked[0]?.staged.stages.keys() ?? []) {
        for (const { heap } of asked) memory.doubles(heap.at, k).fill(-Infinity);
        passed = asked.map(({ staged, heap }) => {
          const query = staged.stages[stage] as PreparedQuery<Block>;
          return { query, heap, candidates: noCandidates() };
        });
        runPass(memory, scratch, targets, blocks, passed);
      }
      return passed.map(({ query, heap, candidates }) => ({
        candidates,
        unit: query.unit,
        bar: memory.doubles(heap.at, 1)[0] as number,
      }));
    } finally {
      for (const { heap, staged } of asked) {
        memory.free(heap.at);
        staged.free();
      }
    }
  }

  #prepare(
    query: Float32Array,
    effort: Effort,
    blocks: readonly Block[],
    k: number,
  ): StagedQuery<Block> {
    const { memory, bits, codes } = this.#open();
    const { deviations } = effort;
    if (!this.#isRefined) {
      const likely = bits.prepare(query, { deviations: effort.deviationsAlone });
      const scan: PreparedQuery<Block>["scan"] = ({ coarse }, ...rest) =>
        likely.scan(coarse, ...rest);
      return { stages: [{ ...likely, scan }], free: likely.free };
    }
    const fine = codes.prepare(query);
    if (isExact(effort)) {
      const scan: PreparedQuery<Block>["scan"] = (block, ...rest) =>
        fine.scan(block.fine as Int8Block, ...rest);
      return { stages: [{ ...fine, scan }], free: fine.free };
    }
    try {
      const coarse = bits.prepare(query, { deviations, unit: fine.unit });
      // All blocks are refined, or none is.
      return inTiers(memory, coarse, fine, blocks, k) as StagedQuery<Block>;
    } catch (thrown) {
      fine.free();
      throw thrown;
    }
  }
}

function checkOptions(dimensions: number, recall: number): void {
  if (dimensions > MAX_COMPACT_DIMENSIONS)
    throw new RetrievalError("INVALID_OPTION", "there are too many dimensions for one-bit codes", {
      value: dimensions,
      repair: `Use at most ${MAX_COMPACT_DIMENSIONS}, or an exact scanner.`,
    });
  checkDimensions(dimensions);
  if (!(recall > 0 && recall <= 1))
    throw new RetrievalError("INVALID_OPTION", "the recall is not a share", {
      value: recall,
      repair: "Leave it out, or pass a number above 0 and up to 1.",
    });
}
