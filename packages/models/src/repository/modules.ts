// Which modules a repository is made of, and in which order: `modules.json` and, for two towers, `router_config.json`.
import type { Role } from "@nearfield/core";
import { isPath } from "../name.ts";
import {
  invalid,
  needJson,
  readAnyJson,
  unsupported,
  type Json,
  type RepositoryReader,
} from "./reader.ts";
import { routeOf } from "./router.ts";

const KINDS = ["Transformer", "Pooling", "Dense", "Normalize", "LayerNorm"] as const;
export type ModuleKind = (typeof KINDS)[number];

export interface Module {
  readonly kind: ModuleKind;
  /** Folder of its files: empty, or with a slash at its end. */
  readonly folder: string;
}

export interface ModuleList {
  /** Absent where the repository has no `modules.json`: a plain transformer, pooled by its architecture's default. */
  readonly isListed: boolean;
  readonly towers: Readonly<Record<Role, readonly Module[]>>;
}

/**
 * @param folder root of the model in its repository
 * @throws RetrievalError `MODEL_UNSUPPORTED` for a module of unknown class, `MODEL_INVALID`
 */
export async function readModules(reader: RepositoryReader, folder: string): Promise<ModuleList> {
  const path = `${folder}modules.json`;
  const listed = await readAnyJson(reader, path);
  if (listed === undefined) {
    const plain: Module[] = [{ kind: "Transformer", folder }];
    return { isListed: false, towers: { query: plain, document: plain } };
  }
  if (!Array.isArray(listed) || listed.length === 0) {
    throw invalid(`${path} is not a list of modules`, listed, "Check the repository.");
  }
  const entries = listed.map((entry: unknown) => readEntry(entry, folder, path));
  const [first] = entries as [Entry, ...Entry[]];
  if (!ROUTERS.includes(first.name)) {
    const modules = entries.map(toModule);
    return { isListed: true, towers: { query: modules, document: modules } };
  }
  const shared = entries.slice(1).map(toModule);
  const config =
    (await readAnyJson(reader, `${first.folder}router_config.json`)) === undefined
      ? await needJson(reader, `${first.folder}config.json`) // older saves
      : await needJson(reader, `${first.folder}router_config.json`);
  const tower = (role: Role) => [...readRoute(config, role, first.folder), ...shared];
  return { isListed: true, towers: { query: tower("query"), document: tower("document") } };
}

const ROUTERS: readonly string[] = ["Router", "Asym"];

interface Entry {
  /** Last part of the class's path: packages have moved, classes kept their names. */
  readonly name: string;
  readonly type: string;
  readonly folder: string;
}

function readEntry(entry: unknown, root: string, file: string): Entry {
  const { type, path } = (entry ?? {}) as Json;
  if (typeof type !== "string" || typeof path !== "string") {
    throw invalid(`an entry of ${file} has no type or no path`, entry, "Check the repository.");
  }
  return { name: className(type), type, folder: joinFolder(root, path, file) };
}

function readRoute(config: Json, role: Role, root: string): readonly Module[] {
  const file = "router_config.json";
  const types = (config["types"] ?? {}) as Json;
  const route = routeOf(config, role);
  return route.map((id) => {
    const type = types[id];
    if (typeof type !== "string") {
      throw invalid(`${file} names a module without a type`, id, "Check the repository.");
    }
    return toModule({ name: className(type), type, folder: joinFolder(root, id, file) });
  });
}

function toModule({ name, type, folder }: Entry): Module {
  const kind = KINDS.find((known) => known === name);
  if (kind) return { kind, folder };
  throw unsupported(`the repository has a module that this build does not do, ${name}`, type);
}

function className(type: string): string {
  return type.slice(type.lastIndexOf(".") + 1);
}

function joinFolder(root: string, path: string, file: string): string {
  if (path === "") return root;
  if (isPath(path)) return `${root}${path}/`;
  throw invalid(`${file} names a folder outside of the repository`, path, "Do not use it.");
}
