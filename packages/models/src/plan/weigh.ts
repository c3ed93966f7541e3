import type { Device, ModelCard, RepositoryCard } from "@nearfield/core";
import { PREFERRED } from "../dtype.ts";
import { listSources, type Source } from "./candidate.ts";
import { findRefusals, findRemarks, type Refusal, type Wishes } from "./limit.ts";
import type { MachineFacts } from "./machine.ts";
import { measureNeeds, type Needs } from "./need.ts";

/** The encoder's budget of tokens for one batch. */
const BATCH_TOKENS = 1024;

/** A graph on a device, what it needs, and what speaks against it. */
export interface Candidate extends Pick<Source, "device" | "dtype" | "file"> {
  readonly needs: Needs;
  /** Empty: it can run. */
  readonly refusals: readonly Refusal[];
  readonly remarks: readonly string[];
}

/**
 * Weighs every graph of a card on every device, the best one of each device first: what each needs, and what speaks against
 * it. Where no file is known, the exports that a model of this size would have are weighed instead.
 * @param machine `ANY_MACHINE` where nothing is known of it
 */
export function weighModel(
  card: RepositoryCard | ModelCard,
  machine: MachineFacts,
  wishes: Wishes = {},
): readonly Candidate[] {
  const { tokens = BATCH_TOKENS, kept = new Set() } = wishes;
  const candidates = listSources(card, kept).map((source): Candidate => {
    const { device, dtype, file, files } = source;
    const needs = measureNeeds(card, device, dtype, files, tokens);
    const refusals = findRefusals(source, needs, card.dtypeLimits ?? [], machine, wishes);
    return { device, dtype, file, needs, refusals, remarks: findRemarks(source, needs, machine) };
  });
  return allowLast(candidates).toSorted(
    (a, b) =>
      DEVICE_ORDER[a.device] - DEVICE_ORDER[b.device] || rankOf(a, wishes) - rankOf(b, wishes),
  );
}

/** The first candidate of each device that `isGood`. */
export function bestOf(
  candidates: readonly Candidate[],
  isGood: (candidate: Candidate) => boolean,
): Readonly<Partial<Record<Device, Candidate>>> {
  const good = candidates.filter(isGood);
  const best = new Map(good.toReversed().map((candidate) => [candidate.device, candidate]));
  return Object.fromEntries(best);
}

const DEVICE_ORDER: Readonly<Record<Device, number>> = { webgpu: 0, wasm: 1 };

function rankOf({ device, dtype }: Candidate, { settled }: Wishes): number {
  if (dtype === null || settled?.[device] === dtype) return -1;
  const rank = PREFERRED[device].indexOf(dtype);
  return rank < 0 ? PREFERRED[device].length : rank;
}

/** What is not fetched unasked is, where nothing else can run on any device. */
function allowLast(candidates: readonly Candidate[]): readonly Candidate[] {
  const canRun = ({ refusals }: Candidate) =>
    refusals.every(({ kind }) => kind === "presence" || kind === "choice");
  if (candidates.some(canRun)) return candidates;
  return candidates.map((candidate) => ({
    ...candidate,
    refusals: candidate.refusals.filter(({ kind }) => kind !== "unasked"),
  }));
}
