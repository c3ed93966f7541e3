export { browserModel, hasBrowserModel } from "./browser-model.ts";
export type { ReasonCalls, WriteRequest, WrittenThought } from "./calls.ts";
export { combineVectors } from "./combine.ts";
export { LocalModel, type LocalModelOptions } from "./local-model.ts";
export {
  BRIGHT_REWRITE,
  hyde,
  hydeIn,
  TONG_SEARCH_REWRITE,
  TONG_SEARCH_THINKING,
  type HydeDomain,
} from "./prompts.ts";
export {
  thoughtsFrom,
  type Thought,
  type ThoughtProvider,
  type ThoughtRequest,
} from "./provider.ts";
export { reason, type Reasoned, type ReasonedInput } from "./reason.ts";
export { validateRecipe, type ReasonRecipe } from "./recipe.ts";
export { spawnReasonWorker } from "./spawn.ts";
export type { GeneratorStatus } from "./status.ts";
