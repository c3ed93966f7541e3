/**
 * How many tokens all rows begin with. Each row keeps at least one token of its own, since something has to be run for it.
 */
export function sharedPrefix(rows: readonly (readonly number[])[]): number {
  const [first = []] = rows;
  let shared = Math.min(...rows.map((row) => row.length)) - 1;
  for (const row of rows) {
    let at = 0;
    while (at < shared && row[at] === first[at]) at++;
    shared = at;
  }
  return Math.max(0, shared);
}
