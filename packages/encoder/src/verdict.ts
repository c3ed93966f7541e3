// Remembers which machines have passed the whole known-answer check, so that a warm start encodes one text only.
import { hashOf, type ModelCard } from "@nearfield/core";
import type { Rung } from "@nearfield/runtime";
import { filesOf } from "./files.ts";

/** The number is the version of the check: raise it when the check becomes stricter. */
const PREFIX = "nearfield:known-answers:1:";

export interface Verdict {
  /** True where the check was passed before by this browser, on this adapter, with these files. */
  readonly isTrusted: boolean;
  remember(): void;
  forget(): void;
}

/**
 * Never rejects: without storage nothing is remembered, and every start pays for the whole check.
 * @param firstUse the known answers, where they did not come with the model
 */
export async function readVerdict(
  card: ModelCard,
  rung: Rung,
  adapter: string,
  firstUse?: { readonly key: string; readonly floor: number } | null,
): Promise<Verdict> {
  const artifact = card.artifacts[rung === "wasm" ? "wasm" : "webgpu"];
  const files = artifact ? filesOf(card, artifact) : [];
  const subject = {
    rung,
    adapter: rung === "wasm" ? "" : adapter,
    browser: navigator.userAgent,
    files: files.map(({ sha256 }) => sha256),
    floor: firstUse?.floor ?? card.knownAnswers.floor,
    answers: firstUse?.key,
  };
  const key = await hashOf(subject).catch(() => undefined);
  const attempt = <T>(use: (storage: Storage) => T): T | undefined => {
    try {
      return key === undefined ? undefined : use(localStorage);
    } catch {
      return undefined; // refused, or full
    }
  };
  return {
    isTrusted: attempt((storage) => storage.getItem(PREFIX + key)) === "passed",
    remember: () => attempt((storage) => storage.setItem(PREFIX + key, "passed")),
    forget: () => attempt((storage) => storage.removeItem(PREFIX + key)),
  };
}
