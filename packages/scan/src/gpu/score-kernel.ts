/** A kernel is data: what the scanner has to know to run it. */
export interface GpuKernel {
  readonly name: string;
  readonly source: string;
  /** In the order of their numbers. */
  readonly bindings: readonly GPUBufferBindingType[];
  /** Workgroups for a number of rows and of queries. */
  readonly grid: (rows: number, queries: number) => readonly [x: number, y: number];
}

/** Rows of a workgroup, one for each invocation. */
export const GROUP_INVOCATIONS = 64;
/** Queries that an invocation answers with one reading of its row. */
const INVOCATION_QUERIES = 4;
/** All WebGPU devices take so many workgroups on an axis. */
const MAX_GROUPS = 65_535;
/** Rows of one dispatch. */
export const MAX_DISPATCH_ROWS: number = MAX_GROUPS * GROUP_INVOCATIONS;

/**
 * scores[query * columns + row] = rows[row] . queries[query], in float32. The longest way from a component to a score has one product,
 * `vec4s` additions and those that join four lanes: `boundOfGpu` counts on it.
 */
export const SCORE_KERNEL: GpuKernel = {
  name: "score",
  bindings: ["read-only-storage", "read-only-storage", "storage", "uniform"],
  grid: (rows, queries) => [
    Math.ceil(rows / GROUP_INVOCATIONS),
    Math.ceil(queries / INVOCATION_QUERIES),
  ],
  source: /* wgsl */ `
struct Shape {
  rows: u32,
  vec4s: u32, // of a row and of a query
  queries: u32,
  columns: u32, // of a row of scores
}

@group(0) @binding(0) var<storage, read> rows: array<vec4f>;
@group(0) @binding(1) var<storage, read> queries: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> scores: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;

fn sum(v: vec4f) -> f32 {
  return (v.x + v.y) + (v.z + v.w);
}

@compute @workgroup_size(${GROUP_INVOCATIONS})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x * ${GROUP_INVOCATIONS}u + lane;
  if (row >= shape.rows) { return; }
  let first = group.y * ${INVOCATION_QUERIES}u;
  let last = shape.queries - 1u;
  // Beyond the last query the last one is asked again, and its score is not kept.
  let q0 = first * shape.vec4s;
  let q1 = min(first + 1u, last) * shape.vec4s;
  let q2 = min(first + 2u, last) * shape.vec4s;
  let q3 = min(first + 3u, last) * shape.vec4s;
  let start = row * shape.vec4s;
  var a = vec4f(0);
  var b = vec4f(0);
  var c = vec4f(0);
  var d = vec4f(0);
  for (var j = 0u; j < shape.vec4s; j++) {
    let x = rows[start + j];
    a += x * queries[q0 + j];
    b += x * queries[q1 + j];
    c += x * queries[q2 + j];
    d += x * queries[q3 + j];
  }
  let at = first * shape.columns + row;
  scores[at] = sum(a);
  if (first + 1u < shape.queries) { scores[at + shape.columns] = sum(b); }
  if (first + 2u < shape.queries) { scores[at + 2u * shape.columns] = sum(c); }
  if (first + 3u < shape.queries) { scores[at + 3u * shape.columns] = sum(d); }
}
`,
};
