/** What a graph gave: float32, row-major. */
export interface GraphOutput {
  readonly data: Float32Array;
  /** Extents, outermost first. Of a text model mostly `[rows, width]` or `[rows, tokens, width]`. */
  readonly shape: readonly number[];
}
