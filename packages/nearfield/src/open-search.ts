import {
  isRetrievalError,
  loadPart,
  RetrievalError,
  type ModelCard,
  type Towers,
} from "@nearfield/core";
import { destroyIndexNamed, finishIndex, noteIndex, type StoredIndex } from "@nearfield/index";
import { raceAbort } from "@nearfield/link";
import { checkDimensions } from "@nearfield/models";
import { ModelSource } from "./model.ts";
import { nameVectors, readNote, recallModel, type ModelNote } from "./model-note.ts";
import { checkSearchOptions, type SearchOptions } from "./options.ts";
import { Search, type SearchParts } from "./search.ts";
import { describe, Serving } from "./serving.ts";
import { findSlots, placesOf, type Place, type Slots } from "./slots.ts";
import { Succession } from "./succession.ts";
import { tidy } from "./tidy.ts";

/** An index without documents changes in a moment, unless another page is slow at it. */
const EMPTY_MS = 5_000;

/**
 * Opens the search index of this name, or makes it. Resolves as soon as the index can be read: the query model goes on
 * loading, and the first `query` waits for it (or begins it, with `warm: false`). The document worker starts with the first `add`. What a model's name stands
 * for has to be known: the first time that takes a network, from then on it is remembered.
 *
 * An index of another model answers with that while it is encoded anew; see `status().change`.
 *
 * With `storage: "memory"` nothing stored is looked at, and nothing is stored.
 *
 * @throws RetrievalError `INVALID_OPTION`; `INSECURE_CONTEXT`; `MODEL_MISMATCH` where two towers do not fit; `MODEL_*` and `ABORTED` where a model's name can not be resolved;
 * `FORMAT_TOO_NEW`; `UPGRADE_REQUIRED`; `WORKER_UNAVAILABLE`; `CODE_UNAVAILABLE` where the part of `rerank` or `reason` does not load. {@link destroySearch} deletes an index that
 * is refused. Storage that is refused is no error where nothing was stored before: the index then lives in memory, and
 * `status().persistence` says `ephemeral`. Where something was, it is `STORAGE_UNAVAILABLE` or `STORAGE_FULL`.
 */
export async function openSearch(options: SearchOptions): Promise<Search> {
  const checked = checkSearchOptions(options);
  const parts = { options: checked, ...(await openStages(checked)) };
  const source = new ModelSource(checked);
  const isWarm = checked.warm ?? true;
  const isInMemory = checked.storage === "memory";
  const { live, spare, all } = isInMemory ? noSlots(checked.name) : await lookAround(checked.name);
  const spawn = checked.workers?.index;
  const stored = live?.found === "unreadable" ? null : (live?.found ?? null);
  let note: ModelNote;
  try {
    note = await findModel(source, readNote(stored?.note));
  } catch (thrown) {
    // Without a network a stored index is of use all the same.
    const made = stored && isUnreachable(thrown) ? await recallModel(stored) : undefined;
    if (!stored || !live || !made) throw thrown;
    const succession = await open(servingOf(live.name, stored, made, checked), isWarm);
    succession.stall(thrown as RetrievalError);
    return new Search({ ...parts, succession });
  }
  const dimensions = checkDimensions(note.cards.document, checked.dimensions);
  const fingerprint = await nameVectors(note.cards.document, dimensions);
  if (stored && live && stored.isFilling) await finishIndex(live.name, stored.lineage);
  if (stored && live && stored.fingerprint !== fingerprint) {
    const made = await recallModel(stored);
    const from = servingOf(live.name, stored, made, checked);
    const succession = await open(from, isWarm && stored.entries > 0);
    const over = await succession.change({
      options: checked,
      to: { fingerprint, dimensions, note },
    });
    // Nothing is to be encoded: who opens an empty index need not meet its old model.
    if (stored.entries === 0)
      await raceAbort(over(), AbortSignal.timeout(EMPTY_MS)).catch(() => {});
    return new Search({ ...parts, succession });
  }
  // What is left of an index whose successor is gone is not in the way of a new one.
  for (const left of live ? [] : all) if (left.found) await destroyIndexNamed(left.name, spawn);
  const place = live?.name ?? placesOf(checked.name)[0];
  const serving = servingOf(place, { fingerprint, dimensions }, note.cards, checked);
  const succession = await open(serving, isWarm);
  if (serving.report.persistence !== "ephemeral" && !isSame(stored?.note, note)) {
    // Without it the next opening looks the name up.
    noteIndex(place, note).catch(() => {});
  }
  if (!isInMemory) tidy(checked.name, spare);
  return new Search({ ...parts, succession });
}

/** What is asked for beside words and meaning. Nothing starts before it is needed. */
async function openStages(options: SearchOptions): Promise<Pick<SearchParts, "rerank" | "reason">> {
  const { rerank, reason } = options;
  return {
    ...(rerank !== undefined && {
      rerank: (await loadPart(() => import("./rerank-stage.ts"))).openRerankStage(rerank, options),
    }),
    ...(reason !== undefined && {
      reason: (await loadPart(() => import("./reason-stage.ts"))).openReasonStage(reason, options),
    }),
  };
}

/** Where the browser does not let us look, opening the index will say why. */
async function lookAround(name: string): Promise<Slots> {
  try {
    return await findSlots(name);
  } catch (thrown) {
    if (!isRetrievalError(thrown)) throw thrown;
    return noSlots(name);
  }
}

/** Both places, as if nothing were there. */
function noSlots(name: string): Slots {
  const [first, second] = placesOf(name).map((place) => ({ name: place, found: null }));
  const all = [first as Place, second as Place] as const;
  return { live: null, spare: all[1], all };
}

/** The cards that are asked for: those that the index was made with, where the same name was asked for then. */
async function findModel(source: ModelSource, noted: ModelNote | undefined): Promise<ModelNote> {
  const request = await source.request();
  if (request !== null && noted?.request === request) return noted;
  return { format: 1, request, cards: await source.cards() };
}

function isUnreachable(thrown: unknown): boolean {
  if (!isRetrievalError(thrown)) return false;
  return thrown.code === "MODEL_UNAVAILABLE" || thrown.code === "MODEL_UNAVAILABLE_OFFLINE";
}

/** @param cards absent where nobody knows them: then nothing can be encoded */
function servingOf(
  place: string,
  { fingerprint, dimensions }: Pick<StoredIndex, "fingerprint" | "dimensions">,
  cards: Towers<ModelCard> | undefined,
  options: SearchOptions,
): Serving {
  return new Serving({
    place,
    fingerprint,
    dimensions,
    cards: async () => cards ?? unknown(),
    model: cards ? describe(cards, dimensions) : { name: "unknown", version: "", dimensions },
    options,
  });
}

async function open(serving: Serving, isWarm: boolean): Promise<Succession> {
  // The model loads while the index opens. A failure shows in status() and in the first query that meets it.
  if (isWarm) serving.query.start().catch(() => {});
  await serving.open();
  return new Succession(serving);
}

function unknown(): never {
  throw new RetrievalError("MODEL_UNAVAILABLE", "it is not known which model made this index", {
    repair: "Wait until the index is encoded anew.",
  });
}

function isSame(a: unknown, b: ModelNote): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
