import type { ModelCard, RepositoryCard } from "@nearfield/core";
import { BUILT_IN_CARDS } from "../cards.ts";
import { planAmong, type Plan } from "../plan.ts";
import { isTowers } from "../towers.ts";
import type { Wishes } from "./limit.ts";
import type { MachineFacts } from "./machine.ts";

/** In a file of its own: a page that finds no model by name must not carry all the cards for the sake of a refusal. */
const OTHERS: readonly RepositoryCard[] = [...BUILT_IN_CARDS.values()].flatMap((model) =>
  isTowers(model) ? [] : [model],
);

/**
 * Chooses file, number format and device for a model on a machine: for each device the best format that can run there, and
 * first the GPU. What decides is the same at each visit: what the browser may store only makes a remark, and a GPU that is
 * not there today leaves its files on `standby`.
 *
 * @throws RetrievalError where nothing can run, with the numbers and the nearest model that can: `MODEL_TOO_LARGE` for what
 * exceeds a limit, `MODEL_UNSUPPORTED` where there is no ONNX file or none for this machine, `DEVICE_UNAVAILABLE` where the
 * device that was asked for is not there or lacks a feature
 */
export function planModel(
  card: RepositoryCard | ModelCard,
  machine: MachineFacts,
  wishes: Wishes = {},
): Plan {
  return planAmong(card, machine, wishes, OTHERS);
}
