// From a model's name to a card with every file pinned.
import type {
  Device,
  Dtype,
  ModelCard,
  RepositoryCard,
  RepositoryFile,
  Towers,
} from "@nearfield/core";
import { validateRepositoryCard } from "../card.ts";
import { findCard } from "../cards.ts";
import { PREFERRED } from "../dtype.ts";
import { chooseArtifact, pinCard, type Offer, type PinOptions } from "../pin.ts";
import { cardFromRepository, type RepositoryOptions } from "../repository.ts";
import type { Shelf } from "../shelf.ts";
import { checkTowers, isTowers } from "../towers.ts";
import type { HostOptions } from "./host.ts";
import { openRepository, type HostedRepository } from "./repository.ts";

export interface ResolveOptions extends Omit<RepositoryOptions, "repository" | "revision"> {
  /** A commit, branch or tag. Default: the card's, or `main`. */
  readonly revision?: string | undefined;
  /** Asks the host again what a branch stands for, and takes that from now on. */
  readonly refresh?: boolean | undefined;
  /** Number format for each device that shall be served. Default: the best there is for each. */
  readonly dtypes?: Readonly<Partial<Record<Device, Dtype>>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** See `ModelStore.resolve`. */
export async function resolveModel(
  model: string | RepositoryCard,
  how: ResolveOptions,
  hosting: HostOptions,
  shelf: Shelf | null,
): Promise<ModelCard | Towers<ModelCard>> {
  const { dtypes, revision, refresh, signal, ...reading } = how;
  const open = (repository: string, fallback: string) =>
    openRepository(repository, {
      ...hosting,
      shelf,
      refresh,
      signal,
      revision: revision ?? fallback,
    });
  const known = typeof model === "string" ? findCard(model) : validateRepositoryCard(model);
  const pinOne = async (card: RepositoryCard) =>
    pinHosted(card, await open(card.repository, card.revision), dtypes);
  if (known) return onEach(known, pinOne);
  const hosted = await open(model as string, "main");
  const card = await cardFromRepository(hosted, {
    ...reading,
    repository: hosted.repository,
    revision: hosted.commit,
  });
  return onEach(card, (one) => pinHosted(one, hosted, dtypes));
}

async function onEach(
  model: RepositoryCard | Towers<RepositoryCard>,
  pin: (card: RepositoryCard) => Promise<ModelCard>,
): Promise<ModelCard | Towers<ModelCard>> {
  if (!isTowers(model)) return pin(model);
  return checkTowers({ query: await pin(model.query), document: await pin(model.document) });
}

async function pinHosted(
  card: RepositoryCard,
  hosted: HostedRepository,
  dtypes: ResolveOptions["dtypes"],
): Promise<ModelCard> {
  const weights = (card.head ?? []).flatMap((layer) => layer.weights ?? []);
  const { found, options } = await learnOffer(card, hosted, dtypes, weights);
  const pinned = pinCard(found, options);
  await hosted.complete();
  return pinned;
}

/**
 * Learns size and hash of every file that is needed of what a repository offers.
 * @param more files besides graphs and tokenizer
 */
export async function learnOffer<Card extends Offer>(
  card: Card,
  hosted: HostedRepository,
  dtypes: ResolveOptions["dtypes"],
  more: readonly RepositoryFile[] = [],
): Promise<{ readonly found: Card; readonly options: PinOptions }> {
  // A built-in card may name formats that the repository has dropped.
  const there = await Promise.all(
    card.artifacts.map(async ({ graph }) => (await hosted.stat(graph.path)) !== undefined),
  );
  const found = { ...card, artifacts: card.artifacts.filter((_, at) => there[at]) };
  const devices = (dtypes ? Object.keys(dtypes) : Object.keys(PREFERRED)) as Device[];
  const chosen = devices.flatMap((device) => chooseArtifact(found, device, dtypes?.[device]) ?? []);
  const files: RepositoryFile[] = [
    ...chosen.flatMap(({ graph, data }) => [graph, ...data.map(({ file }) => file)]),
    ...more,
    card.tokenizer,
    card.tokenizerConfig,
  ];
  const unknown = files.filter((file) => file.byteLength === undefined || !file.sha256);
  // One after the other: some may have to be fetched whole, and are in memory while they are.
  for (const path of new Set(unknown.map((file) => file.path))) await hosted.learn(path);
  const { host, commit } = hosted;
  return { found, options: { host, commit, dtypes, facts: (path) => hosted.facts(path) } };
}
