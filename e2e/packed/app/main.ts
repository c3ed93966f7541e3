import { openSearch, type SearchOptions } from "nearfield";
import { OWN_WORKERS } from "./own-workers.ts";

/** The examples of the README, each a module of its own. */
const examples = import.meta.glob("./examples/*.ts");

declare global {
  // `var` is the only declaration that types `globalThis`.
  /** What came of it, for the spec to read. */
  var outcome: { ok: true; value: unknown } | { ok: false; error: string } | undefined;
}

const wanted = new URLSearchParams(location.search);
const example = wanted.get("example");
const workers = wanted.has("own-workers") ? OWN_WORKERS : undefined;
try {
  globalThis.outcome = { ok: true, value: await (example ? runExample(example) : search(workers)) };
} catch (thrown) {
  globalThis.outcome = { ok: false, error: String(thrown) };
}

async function search(workers: SearchOptions["workers"]) {
  const search = await openSearch({ name: "packed", device: "wasm", workers });
  const report = await search.add([
    { id: "tide", text: "High water comes about fifty minutes later each day, as the moon does." },
    { id: "bread", text: "Let the dough rise for an hour, fold it, and bake it in a hot oven." },
    { id: "refund", text: "We pay the money back to your card within five working days." },
  ]);
  const { hits } = await search.query("how do I get my money back?");
  const status = search.status();
  await search.close();
  return { first: hits[0]?.document.id, found: hits.length, added: report.added, status };
}

async function runExample(name: string) {
  const load = examples[`./examples/${name}.ts`];
  if (!load) throw new Error(`there is no example ${name}`);
  await load();
}
