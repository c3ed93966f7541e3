// The page of an evaluation. It uses Nearfield as an app does, and tells the program that started it what it found.
import type { Job, Outcome } from "../src/job.ts";
import { PATHS } from "../src/job.ts";
import { runSearch } from "./search.ts";
import { runVectors } from "./vectors.ts";

declare global {
  // `var` is the only declaration that types `globalThis`.
  var runEvaluation: () => Promise<Outcome>;
}

globalThis.runEvaluation = async () => {
  const response = await fetch(PATHS.job);
  if (!response.ok) throw new Error(`${PATHS.job}: status ${response.status}`);
  const job = (await response.json()) as Job;
  return job.mode === "search" ? runSearch(job) : runVectors(job);
};
