import type { Dtype, RepositoryArtifact } from "@nearfield/core";
import { DTYPES } from "../dtype.ts";
import { invalid, type Json, type RepositoryReader } from "./reader.ts";

/** The limit of transformers.js; no model that fits into a browser comes near it. */
const MAX_DATA_FILES = 100;

/**
 * Finds a model's graphs, one for each number format, with their external data.
 * @param base path of the graph without the suffix of its format and without `.onnx`
 * @param config `config.json`, which may say that external data belong to a graph
 * @throws RetrievalError `MODEL_INVALID` where external data are announced and not there: the runtime would wait for ever
 */
export async function findArtifacts(
  reader: RepositoryReader,
  base: string,
  config: Json,
): Promise<readonly RepositoryArtifact[]> {
  const found = await Promise.all(
    (Object.keys(DTYPES) as Dtype[]).map((dtype) => findArtifact(reader, base, dtype, config)),
  );
  return found.filter((artifact) => artifact !== undefined);
}

async function findArtifact(
  reader: RepositoryReader,
  base: string,
  dtype: Dtype,
  config: Json,
): Promise<RepositoryArtifact | undefined> {
  const { suffix, devices } = DTYPES[dtype];
  const path = `${base}${suffix}.onnx`;
  const facts = await reader.stat(path);
  if (!facts) return undefined;
  const file = path.slice(path.lastIndexOf("/") + 1);
  const data: RepositoryArtifact["data"][number][] = [];
  for (let part = 0; part < MAX_DATA_FILES; part++) {
    const name = dataName(file, part);
    const dataPath = path.slice(0, -file.length) + name;
    const dataFacts = await reader.stat(dataPath);
    if (!dataFacts) break;
    data.push({ path: name, file: { path: dataPath, ...dataFacts } });
  }
  const announced = announcedDataFiles(config, file, base.slice(base.lastIndexOf("/") + 1));
  if (data.length < announced) {
    const missing = dataName(file, data.length);
    throw invalid("external data of a graph are missing", missing, "Choose a complete repository.");
  }
  return { dtype, devices, graph: { path, ...facts }, data };
}

/** `model.onnx_data`, `model.onnx_data_1`, … */
function dataName(graph: string, part: number): string {
  return `${graph}_data${part === 0 ? "" : `_${part}`}`;
}

/** How many external files transformers.js is told to load with this graph. */
function announcedDataFiles(config: Json, file: string, base: string): number {
  const own = (config["transformers.js_config"] ?? {}) as Json;
  const format = own["use_external_data_format"];
  const value =
    typeof format === "object" && format !== null
      ? ((format as Json)[file] ?? (format as Json)[base])
      : undefined;
  return Number(value ?? 0) || 0;
}
