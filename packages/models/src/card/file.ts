import type { Device, Dtype } from "@nearfield/core";
import { DTYPES } from "../dtype.ts";
import { isPath } from "../name.ts";
import { bad, count, filledText, list, oneOf, optional, record, unsupported } from "./field.ts";

export const DEVICES: readonly Device[] = ["webgpu", "wasm"];

/** The WASM heap ends at 4 GiB, so no single file can be larger. */
const MAX_FILE_BYTES = 2 ** 32;

/** A check of one file entry, pinned or not. */
export type CheckFile = (value: unknown, name: string) => void;

/** @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED` */
export function checkModelFile(value: unknown, name: string): void {
  const file = record(value, name, ["url", "byteLength", "sha256"]);
  filledText(file["url"], `${name}.url`);
  checkSize(file["byteLength"], `${name}.byteLength`);
  checkHash(file["sha256"], `${name}.sha256`);
}

/** @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED` */
export function checkRepositoryFile(value: unknown, name: string): void {
  const file = record(value, name, ["path", "byteLength", "sha256"]);
  const path = filledText(file["path"], `${name}.path`);
  if (!isPath(path)) throw bad(`${name}.path`, "a path below the repository's root", path);
  optional(file["byteLength"], `${name}.byteLength`, checkSize);
  optional(file["sha256"], `${name}.sha256`, checkHash);
}

/** External data; gives the paths that the graph names. */
export function checkData(value: unknown, name: string, checkFile: CheckFile): readonly string[] {
  return list(value, name).map((item, at) => {
    const entry = record(item, `${name}[${at}]`, ["path", "file"]);
    checkFile(entry["file"], `${name}[${at}].file`);
    return filledText(entry["path"], `${name}[${at}].path`);
  });
}

export function checkDtype(value: unknown, name: string): void {
  oneOf(value, name, Object.keys(DTYPES) as Dtype[]);
}

export function checkDevice(value: unknown, name: string): void {
  oneOf(value, name, DEVICES);
}

function checkSize(value: unknown, name: string): void {
  const size = count(value, name);
  if (size > MAX_FILE_BYTES) {
    throw unsupported(`${name} is more than a browser can hold, ${MAX_FILE_BYTES} bytes`, size);
  }
}

function checkHash(value: unknown, name: string): void {
  if (typeof value !== "string" || !/^[0-9a-f]{64}$/.test(value)) {
    throw bad(name, "64 lower-case hexadecimal digits", value);
  }
}
