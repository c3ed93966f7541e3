// What is noted beside an index of the model that made it: enough to go on with it without asking anybody.
import { isRetrievalError, type ModelCard, type Towers } from "@nearfield/core";
import { fingerprintOf, validateCard } from "@nearfield/models";
import { SPLITTER_VERSION } from "@nearfield/encoder";
import { pocketCard } from "@nearfield/pocket";
import type { StoredIndex } from "@nearfield/index";

/** Written down as it stands. */
export interface ModelNote {
  readonly format: 1;
  /** What was asked for, where a name had to be resolved; null for cards. */
  readonly request: string | null;
  readonly cards: Towers<ModelCard>;
}

/** The note of an index; undefined where there is none that can be used. */
export function readNote(value: unknown): ModelNote | undefined {
  const { format, request, cards } = (value ?? {}) as Partial<ModelNote>;
  if (format !== 1 || (request !== null && typeof request !== "string")) return undefined;
  try {
    const query = validateCard(cards?.query);
    const document = validateCard(cards?.document);
    // One model was written twice.
    const isPair = JSON.stringify(query) !== JSON.stringify(document);
    return { format, request, cards: { query: isPair ? query : document, document } };
  } catch (thrown) {
    if (isRetrievalError(thrown)) return undefined;
    throw thrown;
  }
}

/** The model that made an index, if that is known. */
export async function recallModel(stored: StoredIndex): Promise<Towers<ModelCard> | undefined> {
  // Where the shipped model's files are changes with every build of the app: those of this build are the ones that are there.
  if ((await nameVectors(pocketCard, stored.dimensions)) === stored.fingerprint) {
    return { query: pocketCard, document: pocketCard };
  }
  return readNote(stored.note)?.cards;
}

/** Fingerprint of the vectors of passages as this build cuts them. */
export function nameVectors(card: ModelCard, dimensions: number): Promise<string> {
  return fingerprintOf(card, dimensions, String(SPLITTER_VERSION));
}
