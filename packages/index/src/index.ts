export type { Degradation, IndexCalls, IndexHit, IndexReport, Persistence } from "./calls.ts";
