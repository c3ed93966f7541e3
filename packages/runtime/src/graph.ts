/** What a graph gave: float32, row-major. */
export interface GraphOutput {
  readonly data: Float32Array;
  /** Extents, outermost first. Of a text model mostly `[rows, width]` or `[rows, tokens, width]`. */
  readonly shape: readonly number[];
}

/** An input as the graph declares it, or an output. */
export interface GraphInput {
  readonly name: string;
  /** Absent where it is no tensor. */
  readonly type?: string;
  /** Names stand for extents that are open. */
  readonly shape?: readonly (number | string)[];
}

/** Values on their way into a graph or out of it, row-major. Half floats are a `Float16Array` in engines that have one. */
export type Tensor = { readonly dims: readonly number[] } & (
  | { readonly type: "int32"; readonly data: Int32Array }
  | { readonly type: "int64"; readonly data: BigInt64Array }
  | { readonly type: "float32"; readonly data: Float32Array }
  | { readonly type: "float16"; readonly data: Uint16Array }
);
