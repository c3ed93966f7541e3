import { destroyIndexNamed } from "@nearfield/index";
import { findSlots, type Place } from "./slots.ts";

/** Deletes what an earlier change of model has left unfinished, unless a page is at it. Nobody waits for it. */
export function tidy(name: string, { found }: Place): void {
  if (!found || found === "unreadable" || !found.isFilling || !("locks" in navigator)) return;
  const work = navigator.locks.request(lockOf(name), { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    const { live, spare } = await findSlots(name);
    const isLeft = spare.found && spare.found !== "unreadable" && spare.found.isFilling;
    if (live && isLeft) await destroyIndexNamed(spare.name);
  });
  // Another opening will do it.
  work.catch(() => {});
}

/** The lock that is held by the page that changes the model of the index of this name. */
export function lockOf(name: string): string {
  return `nearfield:${name}:change`;
}
