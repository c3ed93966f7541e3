/** Operators are named among a graph's nodes, which the file has before its weights. */
const SEARCHED_BYTES = 16 * 2 ** 20;

/** Whether a graph makes use of an operator, by the bytes of its `.onnx` file. */
export function usesOperator(graph: Uint8Array, operator: string): boolean {
  const name = new TextEncoder().encode(operator);
  const end = Math.min(graph.length, SEARCHED_BYTES) - name.length;
  for (let at = graph.indexOf(name[0] as number); at >= 0 && at <= end;) {
    if (name.every((byte, i) => graph[at + i] === byte)) return true;
    at = graph.indexOf(name[0] as number, at + 1);
  }
  return false;
}
