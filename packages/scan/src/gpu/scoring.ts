import { BUFFER, COMPUTE_STAGE, MAP_FOR_READING } from "./flags.ts";
import { GROUP_INVOCATIONS, MAX_DISPATCH_ROWS, type GpuKernel } from "./score-kernel.ts";

/** Floats are read four at a time. */
const LANES = 4;
/** Bytes of one write to the queue: a great one stalls the page's other work on the GPU. */
const UPLOAD_BYTES = 32 * 2 ** 20;

/** Rows of one block that one binding holds. */
interface Part {
  readonly rows: GPUBuffer;
  readonly count: number;
}

/** Rows on the GPU. They go there once. */
export interface GpuBlock {
  readonly count: number;
  readonly parts: readonly Part[];
}

/** Scores of one query for the rows of one block, in float32. */
export type BlockScores = Float32Array;

/** Runs a kernel over blocks of rows. Where the device is lost or out of memory, calls reject, and `failed` says it before. */
export class GpuScoring {
  readonly #device: GPUDevice;
  readonly #kernel: GpuKernel;
  readonly #stride: number;
  readonly #pipeline: GPUComputePipeline;
  #isFailed = false;
  #pending: Promise<unknown> = Promise.resolve();

  /** @param stride floats per row, a multiple of 4 */
  constructor(device: GPUDevice, kernel: GpuKernel, stride: number) {
    this.#device = device;
    this.#kernel = kernel;
    this.#stride = stride;
    const layout = device.createBindGroupLayout({
      entries: kernel.bindings.map((type, binding) => ({
        binding,
        visibility: COMPUTE_STAGE,
        buffer: { type },
      })),
    });
    this.#pipeline = device.createComputePipeline({
      label: kernel.name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ code: kernel.source }), entryPoint: "main" },
    });
    void device.lost.then(() => {
      this.#isFailed = true;
    });
  }

  /** True once the device was lost or had no memory. It stays so. */
  get isFailed(): boolean {
    return this.#isFailed;
  }

  /** Uploads rows of `stride` floats. A failure shows when scores are asked for. */
  add(rows: Float32Array, count: number): GpuBlock {
    const rowBytes = this.#stride * 4;
    const { maxStorageBufferBindingSize, maxBufferSize } = this.#device.limits;
    const most = Math.min(
      MAX_DISPATCH_ROWS,
      Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / rowBytes),
    );
    return this.#watch(() => {
      const parts: Part[] = [];
      for (let first = 0; first < count; first += most) {
        const size = Math.min(most, count - first);
        const buffer = this.#buffer(size * rowBytes, BUFFER.storage);
        const from = rows.byteOffset + first * rowBytes;
        for (let at = 0; at < size * rowBytes; at += UPLOAD_BYTES) {
          const bytes = Math.min(UPLOAD_BYTES, size * rowBytes - at);
          this.#device.queue.writeBuffer(buffer, at, rows.buffer, from + at, bytes);
        }
        parts.push({ rows: buffer, count: size });
      }
      return { count, parts };
    });
  }

  remove({ parts }: GpuBlock): void {
    for (const { rows } of parts) rows.destroy();
  }

  /**
   * Scores of each query for each block: `[query][block]`. What is submitted before the first wait sees all blocks, even if they are
   * removed right after.
   *
   * @param queries of `stride` floats each
   */
  async score(
    queries: readonly Float32Array[],
    blocks: readonly GpuBlock[],
  ): Promise<BlockScores[][]> {
    const columns = blocks.reduce(
      (sum, { parts }) => parts.reduce((all, { count }) => all + roundUp(count), sum),
      0,
    );
    if (columns === 0) return queries.map(() => blocks.map(() => new Float32Array()));
    const most = Math.max(
      1,
      Math.floor(this.#device.limits.maxStorageBufferBindingSize / (columns * 4)),
    );
    const runs: Promise<BlockScores[][]>[] = [];
    for (let first = 0; first < queries.length; first += most)
      runs.push(this.#run(queries.slice(first, first + most), blocks, columns));
    return (await Promise.all(runs)).flat();
  }

  async #run(
    queries: readonly Float32Array[],
    blocks: readonly GpuBlock[],
    columns: number,
  ): Promise<BlockScores[][]> {
    const device = this.#device;
    const temporary: GPUBuffer[] = [];
    const make = (size: number, usage: GPUBufferUsageFlags): GPUBuffer => {
      const buffer = this.#buffer(size, usage);
      temporary.push(buffer);
      return buffer;
    };
    const bytes = queries.length * columns * 4;
    try {
      const landing = this.#watch(() => {
        const asked = make(queries.length * this.#stride * 4, BUFFER.storage);
        for (const [i, query] of queries.entries())
          device.queue.writeBuffer(asked, i * this.#stride * 4, query.slice());
        const scores = make(bytes, BUFFER.storage | BUFFER.copySource);
        const result = make(bytes, BUFFER.mapRead);
        const encoder = device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        pass.setPipeline(this.#pipeline);
        let column = 0;
        for (const { rows, count } of blocks.flatMap(({ parts }) => parts)) {
          const shape = make(16, BUFFER.uniform);
          const numbers = Uint32Array.of(count, this.#stride / LANES, queries.length, columns);
          device.queue.writeBuffer(shape, 0, numbers);
          const entries = [rows, asked, { buffer: scores, offset: column * 4 }, shape];
          pass.setBindGroup(0, this.#bind(entries));
          pass.dispatchWorkgroups(...this.#kernel.grid(count, queries.length));
          column += roundUp(count);
        }
        pass.end();
        encoder.copyBufferToBuffer(scores, 0, result, 0, bytes);
        device.queue.submit([encoder.finish()]);
        return result;
      });
      await this.#pending;
      await landing.mapAsync(MAP_FOR_READING);
      return split(new Float32Array(landing.getMappedRange().slice(0)), queries, blocks, columns);
    } finally {
      for (const buffer of temporary) buffer.destroy();
    }
  }

  #bind(resources: readonly (GPUBuffer | GPUBufferBinding)[]): GPUBindGroup {
    return this.#device.createBindGroup({
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: resources.map((resource, binding) => ({
        binding,
        resource: resource instanceof GPUBuffer ? { buffer: resource } : resource,
      })),
    });
  }

  #buffer(size: number, usage: GPUBufferUsageFlags): GPUBuffer {
    return this.#device.createBuffer({ size, usage: usage | BUFFER.copyDestination });
  }

  /** Failures of a GPU come later and by themselves: what `work` does is watched for them. */
  #watch<Result>(work: () => Result): Result {
    const filters = ["out-of-memory", "validation", "internal"] as const;
    for (const filter of filters) this.#device.pushErrorScope(filter);
    try {
      return work();
    } finally {
      const scopes = filters.map(() => this.#device.popErrorScope());
      const seen = Promise.all(scopes).then(
        (errors) => {
          if (errors.some((error) => error !== null)) this.#isFailed = true;
        },
        () => {
          this.#isFailed = true;
        },
      );
      this.#pending = Promise.all([this.#pending, seen]);
    }
  }
}

/** Where scores of a part may begin: a binding has to start at a multiple of 256 bytes. */
function roundUp(rows: number): number {
  return Math.ceil(rows / GROUP_INVOCATIONS) * GROUP_INVOCATIONS;
}

function split(
  all: Float32Array,
  queries: readonly Float32Array[],
  blocks: readonly GpuBlock[],
  columns: number,
): BlockScores[][] {
  return queries.map((_, query) => {
    let at = query * columns;
    return blocks.map(({ count, parts }) => {
      const scores = new Float32Array(count);
      let row = 0;
      for (const part of parts) {
        scores.set(all.subarray(at, at + part.count), row);
        row += part.count;
        at += roundUp(part.count);
      }
      return scores;
    });
  });
}
