import type { Role } from "@nearfield/core";
import { invalid, unsupported, type Json } from "./reader.ts";

/**
 * Ids of the modules that a text of this role goes through, by sentence-transformers' order of choice: the exact pair of
 * task and modality, the task alone, the modality alone, the catch-all, a route of the task's name, one of the modality's,
 * the default.
 * @throws RetrievalError `MODEL_UNSUPPORTED` where no route serves the role, `MODEL_INVALID`
 */
export function routeOf(config: Json, role: Role): readonly string[] {
  const structure = config["structure"];
  if (typeof structure !== "object" || structure === null) {
    throw invalid("router_config.json has no structure", structure, "Check the repository.");
  }
  const parameters = (config["parameters"] ?? {}) as Json;
  const mappings = Object.entries((parameters["route_mappings"] ?? {}) as Json);
  const mapped = (task: string | null, modality: string | null) =>
    mappings.find(([key]) => {
      const pair = readPair(key);
      return pair.task === task && pair.modality === modality;
    })?.[1];
  const named = (name: unknown) =>
    typeof name === "string" && name in structure ? name : undefined;
  const fallback =
    parameters["default_route"] ??
    (parameters["allow_empty_key"] === false ? undefined : Object.keys(structure)[0]);
  const name =
    mapped(role, MODALITY) ??
    mapped(role, null) ??
    mapped(null, MODALITY) ??
    mapped(null, null) ??
    named(role) ??
    named(MODALITY) ??
    fallback;
  const route = named(name) === undefined ? undefined : (structure as Json)[name as string];
  if (!Array.isArray(route) || !route.every((id) => typeof id === "string") || route.length === 0) {
    throw unsupported(`router_config.json has no route for a ${role}`, name);
  }
  return route;
}

const MODALITY = "text";

/** Keys are pairs in Python's writing, such as `('query', None)`. */
function readPair(key: string): { readonly task: string | null; readonly modality: string | null } {
  const parts = /^\(\s*(None|'[^']*'|"[^"]*")\s*,\s*(None|'[^']*'|"[^"]*")\s*\)$/.exec(key);
  if (!parts)
    throw invalid("router_config.json maps a pair that can not be read", key, "Check it.");
  const read = (part: string) => (part === "None" ? null : part.slice(1, -1));
  return { task: read(parts[1] as string), modality: read(parts[2] as string) };
}
