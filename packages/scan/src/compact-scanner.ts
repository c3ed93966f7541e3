import { RetrievalError } from "@nearfield/core";
import { BitFormat } from "./formats/bits.ts";
import { KernelScanner, type RowReader } from "./kernel-scanner.ts";
import { bestModule, type ModuleName } from "./kernels/kernels.ts";

/** Finds 99 % of the ten best of 100,000 rows on data that is about as hard as that of real encoders. */
const DEFAULT_CANDIDATES = 500;
/** Beyond it table entries have too few bits. */
const MAX_COMPACT_DIMENSIONS = 4096;

export interface CompactScannerOptions {
  /** How many rows, the best by estimate, are scored exactly; at least the limit of a search. Default: 500. */
  readonly candidates?: number | undefined;
  /** Default: the best that the engine takes. */
  readonly module?: ModuleName | undefined;
  /** Where to read rows from. Absent: the scanner keeps a copy of all rows, and is compact in traffic alone. */
  readonly readRow?: RowReader | undefined;
}

/**
 * Scans one bit per component and one factor per row (RaBitQ, Gao and Long, SIGMOD 2024), and scores the rows that look
 * best with `dot`. Scores and their order are exact; **rows may be missing**, so this is no `Scanner`. Its methods are
 * those of one.
 */
export class CompactScanner extends KernelScanner {
  readonly kind = "compact";
  readonly #candidates: number;

  /**
   * @throws RetrievalError `INVALID_OPTION` for dimensions above 4096 or out of range, or `candidates` below 1.
   * @throws CompileError where the engine does not take the module or a policy forbids WebAssembly.
   */
  constructor(dimensions: number, options: CompactScannerOptions = {}) {
    const { candidates = DEFAULT_CANDIDATES } = options;
    if (!Number.isInteger(candidates) || candidates < 1)
      throw new RetrievalError(
        "INVALID_OPTION",
        "the number of candidates is not a positive integer",
        {
          value: candidates,
          repair: "Leave it out, or pass some hundreds.",
        },
      );
    if (dimensions > MAX_COMPACT_DIMENSIONS)
      throw new RetrievalError(
        "INVALID_OPTION",
        "there are too many dimensions for one-bit codes",
        {
          value: dimensions,
          repair: `Use at most ${MAX_COMPACT_DIMENSIONS}, or an exact scanner.`,
        },
      );
    super(dimensions, {
      module: options.module ?? bestModule(),
      readRow: options.readRow,
      createFormat: (memory, kernels, scratch) =>
        new BitFormat(memory, kernels, scratch, dimensions),
    });
    this.#candidates = candidates;
  }

  protected override reach(limit: number): number {
    return Math.max(limit, this.#candidates);
  }
}
