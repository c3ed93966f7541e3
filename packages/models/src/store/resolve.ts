// From a model's name to a card with every file pinned.
import type {
  Device,
  Dtype,
  ModelCard,
  RepositoryArtifact,
  RepositoryCard,
  RepositoryFile,
  Towers,
} from "@nearfield/core";
import { validateRepositoryCard } from "../card.ts";
import { findCard } from "../cards.ts";
import { DTYPES, PREFERRED } from "../dtype.ts";
import { chooseArtifact, pinCard, type Offer, type PinOptions } from "../pin.ts";
import { rememberPlan } from "../plan.ts";
import { planModel } from "../plan/built-in.ts";
import type { Wishes } from "../plan/limit.ts";
import { ANY_MACHINE, type MachineFacts } from "../plan/machine.ts";
import { cardFromRepository, type RepositoryOptions } from "../repository.ts";
import type { Shelf } from "../shelf.ts";
import { checkTowers, isTowers } from "../towers.ts";
import type { HostOptions } from "./host.ts";
import { locateRepository } from "./locate.ts";
import { openRepository, type HostedRepository } from "./repository.ts";

export interface ResolveOptions extends Omit<RepositoryOptions, "repository" | "revision"> {
  /** A commit, branch or tag. Default: the card's, or `main`. */
  readonly revision?: string | undefined;
  /** Asks the host again what a branch stands for, and takes that from now on. */
  readonly refresh?: boolean | undefined;
  /** Number format for each device that shall be served. Default: the best there is for each. */
  readonly dtypes?: Readonly<Partial<Record<Device, Dtype>>> | undefined;
  /** What the plan goes by. Default: a machine of which nothing is known. */
  readonly machine?: MachineFacts | undefined;
  /** Default `auto`. */
  readonly device?: Wishes["device"];
  readonly signal?: AbortSignal | undefined;
}

/** See `ModelStore.resolve`. */
export async function resolveModel(
  model: string | RepositoryCard,
  how: ResolveOptions,
  hosting: HostOptions,
  shelf: Shelf | null,
): Promise<ModelCard | Towers<ModelCard>> {
  const { dtypes, machine, device, revision, refresh, signal, ...reading } = how;
  const planning = { dtypes, machine, device };
  const opening = { ...hosting, shelf, refresh, signal };
  const asked = typeof model === "string" ? model : undefined;
  const known = typeof model === "string" ? findCard(model) : validateRepositoryCard(model);
  if (known) {
    return onEach(known, async (card) => {
      const where = { ...opening, revision: revision ?? card.revision };
      // Two towers are two repositories, and the name that was asked for is that of the pair.
      const name = isTowers(known) && asked !== undefined ? card.repository : asked;
      const hosted = await locateRepository(card, name, where);
      return pinHosted({ ...card, repository: hosted.repository }, hosted, planning, shelf);
    });
  }
  const hosted = await openRepository(model as string, { ...opening, revision });
  const card = await cardFromRepository(hosted, {
    ...reading,
    repository: hosted.repository,
    revision: hosted.commit,
  });
  return onEach(card, (one) => pinHosted(one, hosted, planning, shelf));
}

async function onEach(
  model: RepositoryCard | Towers<RepositoryCard>,
  pin: (card: RepositoryCard) => Promise<ModelCard>,
): Promise<ModelCard | Towers<ModelCard>> {
  if (!isTowers(model)) return pin(model);
  return checkTowers({ query: await pin(model.query), document: await pin(model.document) });
}

type Planning = Pick<ResolveOptions, "dtypes" | "machine" | "device">;

async function pinHosted(
  offered: RepositoryCard,
  hosted: HostedRepository,
  { dtypes, machine = ANY_MACHINE, device }: Planning,
  shelf: Shelf | null,
): Promise<ModelCard> {
  const card = await keepFound(offered, hosted);
  for (const one of DEVICES) if (dtypes?.[one]) chooseArtifact(card, one, dtypes[one]);
  const settling = settlingName(hosted);
  const settled = asSettled(await shelf?.recall(settling));
  const kept = new Set((await shelf?.list())?.flatMap(({ record }) => record?.sha256 ?? []));
  const plan = planModel(card, machine, { device, dtypes, settled, kept });
  const isKnown = ({ byteLength, sha256 }: RepositoryFile) => byteLength !== undefined && sha256;
  const chosen = DEVICES.flatMap((one): readonly (readonly [Device, Dtype])[] => {
    const dtype = (plan.choices[one] ?? plan.standby[one])?.dtype;
    if (!dtype) return [];
    // A device that is not there today costs no download; but where its file is known it belongs to the card, whose
    // fingerprint would otherwise change with the GPU's coming and going.
    const files = filesOf(chooseArtifact(card, one, dtype));
    return plan.choices[one] || files.every(isKnown) ? [[one, dtype]] : [];
  });
  const pinning = Object.fromEntries(chosen);
  const weights = (card.head ?? []).flatMap((layer) => layer.weights ?? []);
  const { found, options } = await learnOffer(card, hosted, pinning, weights);
  const pinned = pinCard(found, options);
  await hosted.complete();
  // What was asked for is no decision of ours.
  if (!dtypes) await shelf?.note(settling, { ...settled, ...pinning }).catch(() => {});
  rememberPlan(pinned, plan);
  return pinned;
}

const DEVICES = Object.keys(PREFERRED) as readonly Device[];

/** The card with the formats that the repository has, since a built-in card may name others, and what is known of their files. */
async function keepFound(card: RepositoryCard, hosted: HostedRepository): Promise<RepositoryCard> {
  const learn = async (file: RepositoryFile): Promise<RepositoryFile | undefined> => {
    const facts = await hosted.stat(file.path);
    return facts && { ...facts, ...file };
  };
  const artifacts = await Promise.all(
    card.artifacts.map(async (artifact) => {
      const graph = await learn(artifact.graph);
      const data = await Promise.all(
        // Only for the size: whoever needs the file itself says what is wrong with it.
        artifact.data.map(async ({ path, file }) => ({
          path,
          file: (await learn(file).catch(() => undefined)) ?? file,
        })),
      );
      return graph && { ...artifact, graph, data };
    }),
  );
  return { ...card, artifacts: artifacts.filter((artifact) => artifact !== undefined) };
}

function filesOf(artifact: RepositoryArtifact | undefined): readonly RepositoryFile[] {
  return artifact ? [artifact.graph, ...artifact.data.map(({ file }) => file)] : [];
}

/** Name of the note on which formats this machine took: another one gives other vectors than those that are stored. */
function settlingName({ host, repository, commit }: HostedRepository): string {
  return `formats ${host} ${repository} ${commit}`;
}

function asSettled(value: unknown): Partial<Record<Device, Dtype>> {
  const formats = (value ?? {}) as Readonly<Record<string, unknown>>;
  const known = DEVICES.flatMap((device) => {
    const dtype = formats[device];
    return typeof dtype === "string" && dtype in DTYPES ? [[device, dtype] as const] : [];
  });
  return Object.fromEntries(known) as Partial<Record<Device, Dtype>>;
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
