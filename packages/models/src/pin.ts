import {
  RetrievalError,
  type Device,
  type Dtype,
  type HeadLayer,
  type ModelArtifact,
  type ModelCard,
  type ModelFile,
  type RepositoryArtifact,
  type RepositoryCard,
  type RepositoryFile,
} from "@nearfield/core";
import { validateCard } from "./card.ts";
import { PREFERRED } from "./dtype.ts";
import { KNOWN_FLOOR, KNOWN_TEXTS } from "./known-texts.ts";
import type { FileFacts } from "./repository/reader.ts";

export const PUBLIC_HUB = "https://huggingface.co";

export interface PinOptions {
  /** Root of a host of the hub's shape, absolute or relative to the page. Default: the public hub. */
  readonly host?: string | undefined;
  /** The commit that the card's branch stands for. Not needed where the card names a commit. */
  readonly commit?: string | undefined;
  /** Number format for each device that shall be served. Default: the best there is for each. */
  readonly dtypes?: Readonly<Partial<Record<Device, Dtype>>> | undefined;
  /** Size and hash of files where the card does not say them. */
  readonly facts?: ((path: string) => FileFacts | undefined) | undefined;
}

/**
 * Makes a card that can be loaded from one of what a repository offers: one artifact for each device, each file with its
 * address, size and hash.
 * @throws RetrievalError `INVALID_OPTION` for a number format that the repository lacks or the card forbids;
 * `MODEL_UNSUPPORTED` where no artifact is left; `MODEL_INVALID` where size or hash of a file is not known
 */
export function pinCard(card: RepositoryCard, options: PinOptions = {}): ModelCard {
  const pin = pinner(card, options);
  const { repository: _r, revision: _v, knownScores: _s, head, ...recipe } = card;
  return validateCard({
    ...recipe,
    ...pinOffer(card, options),
    head: head?.map((layer) => pinLayer(layer, pin)),
    knownAnswers: card.knownAnswers ?? { texts: KNOWN_TEXTS, floor: KNOWN_FLOOR },
  });
}

/** What a repository offers of any model: graphs and a tokenizer. */
export type Offer = Pick<
  RepositoryCard,
  "name" | "repository" | "revision" | "artifacts" | "tokenizer" | "tokenizerConfig" | "dtypeLimits"
>;

/**
 * One artifact for each device, and the tokenizer, with the address, size and hash of each file.
 * @throws RetrievalError as {@link pinCard}
 */
export function pinOffer(
  card: Offer,
  options: PinOptions = {},
): Pick<ModelCard, "version" | "artifacts" | "tokenizer" | "tokenizerConfig"> {
  const { commit = card.revision, dtypes } = options;
  const pin = pinner(card, options);
  const devices = (dtypes ? Object.keys(dtypes) : Object.keys(PREFERRED)) as Device[];
  const chosen = devices.flatMap((device) => {
    const artifact = chooseArtifact(card, device, dtypes?.[device]);
    return artifact ? [[device, pinArtifact(artifact, pin)] as const] : [];
  });
  if (chosen.length === 0) {
    throw new RetrievalError("MODEL_UNSUPPORTED", `there is no ONNX file of ${card.name} to run`, {
      value: card.artifacts.map(({ dtype }) => dtype).join(", "),
      repair: "Export the model to ONNX, or choose another one.",
    });
  }
  return {
    version: commit,
    artifacts: Object.fromEntries(chosen),
    tokenizer: pin(card.tokenizer),
    tokenizerConfig: pin(card.tokenizerConfig),
  };
}

function pinner(
  card: Offer,
  { host = PUBLIC_HUB, commit = card.revision, facts }: PinOptions,
): Pin {
  return (file) => pinFile(file, urlOf(card, host, commit, file.path), facts);
}

/**
 * The artifact of one number format for a device, or the best one; undefined where there is none and none was asked for.
 * @throws RetrievalError `INVALID_OPTION` where the format that was asked for is not there
 */
export function chooseArtifact(
  card: Pick<Offer, "name" | "artifacts" | "dtypeLimits">,
  device: Device,
  wanted?: Dtype,
): RepositoryArtifact | undefined {
  const limitOf = (dtype: Dtype) =>
    card.dtypeLimits?.find((limit) => limit.dtype === dtype && (limit.device ?? device) === device);
  const usable = card.artifacts.filter(
    ({ dtype, devices }) => devices.includes(device) && !limitOf(dtype),
  );
  const find = (dtype: Dtype) => usable.find((artifact) => artifact.dtype === dtype);
  if (wanted === undefined) return PREFERRED[device].map(find).find(Boolean);
  const artifact = find(wanted);
  if (artifact) return artifact;
  const reason = limitOf(wanted)?.reason;
  const problem = `${card.name} has no ${wanted} for ${device}${reason ? `: ${reason}` : ""}`;
  throw new RetrievalError("INVALID_OPTION", problem, {
    value: wanted,
    repair: `Choose one of ${usable.map(({ dtype }) => dtype).join(", ") || "its other devices"}.`,
  });
}

/** Where a host of the hub's shape has a file. */
export function urlOf(
  { repository }: Pick<RepositoryCard, "repository">,
  host: string,
  revision: string,
  path: string,
): string {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  // A branch may have a slash in its name, which the hub wants encoded.
  const folder = `${repository}/resolve/${encodeURIComponent(revision)}`;
  return `${host.replace(/\/+$/, "")}/${folder}/${encoded}`;
}

type Pin = (file: RepositoryFile) => ModelFile;

function pinArtifact({ dtype, graph, data }: RepositoryArtifact, pin: Pin): ModelArtifact {
  return {
    dtype,
    graph: pin(graph),
    data: data.map(({ path, file }) => ({ path, file: pin(file) })),
  };
}

function pinLayer(layer: HeadLayer<RepositoryFile>, pin: Pin): HeadLayer<ModelFile> {
  switch (layer.kind) {
    case "dense":
      return { ...layer, weights: pin(layer.weights) };
    case "layer-norm":
      return { ...layer, weights: layer.weights && pin(layer.weights) };
    default:
      return layer satisfies never;
  }
}

function pinFile(file: RepositoryFile, url: string, facts: PinOptions["facts"]): ModelFile {
  const learned = facts?.(file.path);
  const byteLength = file.byteLength ?? learned?.byteLength;
  const sha256 = file.sha256 ?? learned?.sha256;
  if (byteLength !== undefined && sha256 !== undefined) return { url, byteLength, sha256 };
  throw new RetrievalError("MODEL_INVALID", "the size or the hash of a file is not known", {
    value: file.path,
    repair: "Give them in facts.",
  });
}
