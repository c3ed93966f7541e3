// Which exact scanner serves: the one that was measured to be the fastest on this machine. It is measured beside the calls, once there are
// enough rows for it to matter, and serves from the next opening on: who waits for the first answer does not wait for this.
import { chooseScanner, openGpu, type ScannerChoice } from "@nearfield/scan";

/** Components of all rows: fewer are scanned in less time than a difference is worth. */
const LEAST_COMPONENTS = 2 ** 22;
/** From here on a GPU may be worth its way there and back; opening one takes longer than the rest. */
const LEAST_GPU_COMPONENTS = 2 ** 25;
/** What was the fastest over few rows need not be so over this many times as many. */
const GROWTH = 8;

export interface ScannerWatchOptions {
  readonly dimensions: number;
  /** What was measured before, and serves if it is there. */
  readonly choice?: ScannerChoice | undefined;
}

/** Measures when there is reason to. */
export class ScannerWatch {
  readonly #dimensions: number;
  /** What the scanner that serves was chosen by. */
  readonly #serving: ScannerChoice | undefined;
  #choice: ScannerChoice | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor({ dimensions, choice }: ScannerWatchOptions) {
    this.#dimensions = dimensions;
    this.#serving = choice;
    this.#choice = choice;
  }

  /** The latest measurement, to be kept and given to the next opening. */
  get choice(): ScannerChoice | undefined {
    return this.#choice;
  }

  /** Why the scanner serves that does. */
  get reason(): string {
    const next = this.#choice;
    if (this.#serving) return this.#serving.reason;
    if (next) return `the best that this browser takes; measured since: ${next.reason}`;
    return "the best that this browser takes; not measured, as there were few rows";
  }

  /** Measures beside the calls, if it is time. A failure leaves it to the next occasion. */
  look(rows: number): void {
    const components = rows * this.#dimensions;
    const known = this.#choice?.rows ?? 0;
    if (this.#isClosed || this.#running || components < LEAST_COMPONENTS) return;
    if (known > 0 && rows < known * GROWTH) return;
    this.#running = this.#measure(rows, components >= LEAST_GPU_COMPONENTS)
      .catch(() => {})
      .finally(() => (this.#running = undefined));
  }

  /** Fulfills when nothing is being measured. */
  async settle(): Promise<void> {
    await this.#running;
  }

  close(): void {
    this.#isClosed = true;
  }

  async #measure(rows: number, withGpu: boolean): Promise<void> {
    const gpu = withGpu ? await openGpu() : undefined;
    try {
      const usable = gpu?.isSoftware ? undefined : gpu;
      this.#choice = await chooseScanner(this.#dimensions, { rows, gpu: usable });
    } finally {
      gpu?.device.destroy();
    }
  }
}
