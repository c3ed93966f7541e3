import { asRetrievalError, RetrievalError } from "@nearfield/core";

/** What a host says of a file before it is fetched. */
export interface FileFacts {
  readonly byteLength?: number | undefined;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256?: string | undefined;
}

/** A repository's files at one revision, wherever they are: a hub, a folder, what a visitor picked. */
export interface RepositoryReader {
  /** A small text file; undefined where the repository does not have it. */
  read(path: string): Promise<string | undefined>;
  /** What is known of a file without fetching it; undefined where the repository does not have it. */
  stat(path: string): Promise<FileFacts | undefined>;
  /** The first `byteLength` bytes, or the whole file where it is shorter. Without it, shapes of weights go unchecked. */
  readBytes?(path: string, byteLength: number): Promise<Uint8Array | undefined>;
}

/** `reader` with its failures as errors of ours. */
export function guardReader(reader: RepositoryReader): RepositoryReader {
  const guard = <T>(read: (() => Promise<T>) | undefined, path: string): Promise<T | undefined> =>
    Promise.resolve()
      .then(() => read?.())
      .catch((thrown: unknown) => {
        throw asRetrievalError(thrown, "MODEL_UNAVAILABLE", `${path} could not be read`);
      });
  return {
    read: (path) => guard(() => reader.read(path), path),
    stat: (path) => guard(() => reader.stat(path), path),
    readBytes: (path, byteLength) =>
      guard(reader.readBytes && (async () => reader.readBytes?.(path, byteLength)), path),
  };
}

export type Json = Readonly<Record<string, unknown>>;

/**
 * A JSON object; undefined where there is no such file.
 * @throws RetrievalError `MODEL_INVALID` where it is something else
 */
export async function readJson(reader: RepositoryReader, path: string): Promise<Json | undefined> {
  const value = await readAnyJson(reader, path);
  if (value === undefined) return undefined;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw invalid(`${path} is not a JSON object`, value, "Check the repository.");
}

/** @throws RetrievalError `MODEL_INVALID` */
export async function readAnyJson(reader: RepositoryReader, path: string): Promise<unknown> {
  const text = await reader.read(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (thrown) {
    // Servers for single-page apps answer with their start page for what they do not have.
    const page = text.trimStart().startsWith("<");
    throw new RetrievalError("MODEL_INVALID", `${path} is ${page ? "a web page" : "not JSON"}`, {
      value: text,
      repair: "Check that the host has this repository.",
      cause: thrown,
    });
  }
}

/** A file that has to be there. */
export async function needJson(reader: RepositoryReader, path: string): Promise<Json> {
  const json = await readJson(reader, path);
  if (json) return json;
  throw invalid(`the repository has no ${path}`, path, "Choose a complete repository.");
}

export function positiveInteger(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}

export function invalid(problem: string, value: unknown, repair: string): RetrievalError {
  return new RetrievalError("MODEL_INVALID", problem, { value, repair });
}

export function unsupported(problem: string, value: unknown): RetrievalError {
  return new RetrievalError("MODEL_UNSUPPORTED", problem, {
    value,
    repair: "Choose another model, or write its card by hand.",
  });
}
