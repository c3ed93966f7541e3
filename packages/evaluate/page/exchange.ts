import type { CorpusDocument } from "../src/dataset.ts";
import { PATHS, type Answer, type Outcome, type Progress } from "../src/job.ts";

/** The corpus, one document after the other, as it arrives. */
export async function* fetchDocuments(): AsyncGenerator<CorpusDocument, void> {
  const response = await fetch(PATHS.documents);
  if (!response.ok || !response.body) throw new Error(`no documents: status ${response.status}`);
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as CorpusDocument;
  }
  if (rest !== "") yield JSON.parse(rest) as CorpusDocument;
}

/** `source` in arrays of `size`, the last one shorter. */
export async function* inBatches<T>(
  source: AsyncIterable<T>,
  size: number,
): AsyncGenerator<T[], void> {
  let batch: T[] = [];
  for await (const item of source) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The vectors that an earlier run stored. */
export async function fetchVectors(): Promise<Float32Array> {
  const response = await fetch(PATHS.vectors);
  if (!response.ok) throw new Error(`no stored vectors: status ${response.status}`);
  return new Float32Array(await response.arrayBuffer());
}

/** Stores more rows, and resolves when they are stored. `from` is the number of rows before them. */
export async function storeVectors(
  rows: readonly Float32Array[],
  from: number,
  dimensions: number,
): Promise<void> {
  const block = new Float32Array(rows.length * dimensions);
  for (const [at, row] of rows.entries()) block.set(row, at * dimensions);
  await post(`${PATHS.vectors}?from=${from}&dimensions=${dimensions}`, block);
}

export async function sendAnswer(answer: Answer): Promise<void> {
  await post(PATHS.answers, JSON.stringify(answer));
}

export async function sendProgress(progress: Progress): Promise<void> {
  await post(PATHS.progress, JSON.stringify(progress));
}

/** The browser, as far as figures depend on it. */
export function describeBrowser(): Outcome["browser"] {
  const { userAgent, hardwareConcurrency } = navigator;
  return { userAgent, hardwareConcurrency, crossOriginIsolated };
}

async function post(path: string, body: BodyInit): Promise<void> {
  const response = await fetch(path, { method: "POST", body });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}
