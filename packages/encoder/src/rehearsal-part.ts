// The trial of the other device. Only a page with a real GPU makes one, once: this part is loaded then.
export { Rehearsal, timeOnWasm } from "./rehearsal.ts";
export { recallTimes, rememberTimes, timeShapes } from "./trial.ts";
