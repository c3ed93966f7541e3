import type { SearchOptions } from "nearfield";

const encoder = () =>
  new Worker(new URL("./encoder.worker.ts", import.meta.url), { type: "module", name: "own" });
const index = () =>
  new Worker(new URL("./index.worker.ts", import.meta.url), { type: "module", name: "own" });

/** Worker files of the app's own, each with one import of the package's entry. */
export const OWN_WORKERS: NonNullable<SearchOptions["workers"]> = {
  query: encoder,
  document: encoder,
  index,
};
