import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pocketCard } from "@nearfield/pocket";
import type { VectorSet } from "../engine.ts";
import type { TextBench } from "../protocol.ts";
import { clusteredSet, randomSet } from "../synthetic.ts";
import { Profile } from "./browser.ts";
import { DATA_PATH, Host } from "./host.ts";
import type { Options } from "./options.ts";
import type { SetName } from "./set-name.ts";
import type { Surroundings } from "./surroundings.ts";
import { collectTexts, hashTexts } from "./texts.ts";

/** Length of all vectors: that of the pocket model. */
const DIMENSIONS = 384;

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Rows and queries, in memory and as files that the page can fetch. */
export interface PreparedSet {
  readonly rows: VectorSet;
  readonly queries: VectorSet;
  readonly rowsAddress: string;
  readonly queriesAddress: string;
}

/** Makes a set, or takes the one that an earlier run made. */
export async function prepareSet(
  name: SetName,
  count: number,
  options: Options,
  around: Surroundings,
): Promise<PreparedSet> {
  const { data } = around;
  const shape = { count, queries: options.queries, dimensions: DIMENSIONS };
  let key = `${name}-${count}-${options.queries}`;
  let texts: string[] = [];
  if (name === "real") {
    texts = collectTexts(options.texts, around.root, count + options.queries);
    key += `-${hashTexts([...texts, pocketCard.space, pocketCard.artifacts.wasm?.graph.sha256 ?? ""])}`;
  }
  const rowsFile = join(data, `${key}.rows.f32`);
  const queriesFile = join(data, `${key}.queries.f32`);
  if (!existsSync(rowsFile) || !existsSync(queriesFile)) {
    around.say(`making ${count} vectors: ${name} …`);
    if (name === "real") {
      await encodeTexts(texts, key, shape, data, around);
    } else {
      const { rows, queries } = (name === "random" ? randomSet : clusteredSet)(shape);
      writeWhole(queriesFile, queries);
      writeWhole(rowsFile, rows);
    }
  }
  return {
    rows: readSet(rowsFile),
    queries: readSet(queriesFile),
    rowsAddress: DATA_PATH + basename(rowsFile),
    queriesAddress: DATA_PATH + basename(queriesFile),
  };
}

function readSet(file: string): VectorSet {
  const bytes = readFileSync(file);
  const rows = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / FLOAT_BYTES);
  return { rows, dimensions: DIMENSIONS, count: rows.length / DIMENSIONS, buckets: null };
}

/** Under another name until it is whole. */
function writeWhole(file: string, vectors: Float32Array): void {
  writeFileSync(
    `${file}.part`,
    new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength),
  );
  renameSync(`${file}.part`, file);
}

/** The pocket model in the browser. Blocks are stored as they come, and those of a run that was broken off are kept. */
async function encodeTexts(
  texts: readonly string[],
  key: string,
  { count, queries }: { count: number; queries: number },
  data: string,
  around: Surroundings,
): Promise<void> {
  const all = join(data, `${key}.part.f32`);
  const listed = join(data, `${key}.texts.json`);
  const rowBytes = DIMENSIONS * FLOAT_BYTES;
  const done = existsSync(all) ? Math.floor(statSync(all).size / rowBytes) : 0;
  writeFileSync(listed, JSON.stringify(texts.slice(done)));
  const page = join(around.cache, "pages", "texts");
  await around.buildPage({ outDir: page, html: "texts.html", aliases: {} });
  const onBlock = (from: number) => around.say(`${from} of ${texts.length} texts encoded`);
  const host = await Host.start({ page, data, headers: around.headers, onBlock });
  const profile = await Profile.create(around);
  try {
    const { page: tab } = await profile.visit(host.port, "/texts.html");
    await tab.waitForFunction(() => "textBench" in globalThis);
    const addresses = [
      DATA_PATH + basename(listed),
      `${DATA_PATH}${basename(all)}?rowBytes=${rowBytes}&before=${done}`,
    ] as const;
    await tab.evaluate(
      ([from, to]) =>
        (globalThis as unknown as { textBench: TextBench }).textBench.encode(from, to),
      addresses,
    );
  } finally {
    await profile.remove();
    await host.close();
  }
  const bytes = readFileSync(all);
  const vectors = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / FLOAT_BYTES);
  const chosen = divide(vectors, count, queries);
  writeWhole(join(data, `${key}.queries.f32`), chosen.queries);
  writeWhole(join(data, `${key}.rows.f32`), chosen.rows);
  for (const file of [all, listed]) rmSync(file, { force: true });
}

/** Every so-manieth text is a query, and not a row. */
function divide(
  vectors: Float32Array,
  count: number,
  queries: number,
): { readonly rows: Float32Array; readonly queries: Float32Array } {
  const rows = new Float32Array(count * DIMENSIONS);
  const asked = new Float32Array(queries * DIMENSIONS);
  let [row, query] = [0, 0];
  for (let at = 0; at < count + queries; at++) {
    const vector = vectors.subarray(at * DIMENSIONS, (at + 1) * DIMENSIONS);
    // Spreads the queries evenly: text `at` is one where their number due rises.
    const isQuery = Math.floor(((at + 1) * queries) / (count + queries)) > query;
    if (isQuery) asked.set(vector, query++ * DIMENSIONS);
    else rows.set(vector, row++ * DIMENSIONS);
  }
  return { rows, queries: asked };
}
