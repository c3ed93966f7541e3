// Which model is meant, and its cards.
import {
  hashOf,
  loadPart,
  type Device,
  type Dtype,
  type ModelCard,
  type RepositoryCard,
  type Towers,
} from "@nearfield/core";
import { readMachine } from "@nearfield/encoder";
import { raceAbort } from "@nearfield/link";
import {
  checkDimensions,
  checkRepository,
  checkRevision,
  checkTowers,
  DTYPES,
  towersOf,
  validateCard,
  validateRepositoryCard,
} from "@nearfield/models";
import { pocketCard } from "@nearfield/pocket";
import { checkKeys, invalid } from "./check.ts";

/**
 * `"pocket"`, the model that is shipped; any other by the name of its repository (`owner/name`, on a host of one's own also `name` alone) or a short name of one that
 * Nearfield knows; or a card.
 */
export type SingleModel = "pocket" | (string & {}) | ModelCard | RepositoryCard;

/** One model, or two of one space: queries are encoded by one and documents by the other. */
export type ModelChoice = SingleModel | Towers<SingleModel>;

/** Where models by name are fetched from, and what of them. */
export interface ModelsOptions {
  /**
   * Root of a host of the hub's shape, `<host>/<owner>/<name>/resolve/<revision>/<file>`: absolute, or relative to the page such as
   * `/models/`. Default: the public hub.
   */
  readonly host?: string | undefined;
  /** A commit, branch or tag. Default: the card's, or `main`. A branch is looked up once, and its commit remembered. */
  readonly revision?: string | undefined;
  /** Hosts that it may redirect to, such as `cdn.example.org`, or `.example.org` for all below. Default: those of the public hub for its own files, else none. */
  readonly redirects?: readonly string[] | undefined;
  /** Number format for each device that shall be served. Default: the best there is for each. */
  readonly dtypes?: Readonly<Partial<Record<Device, Dtype>>> | undefined;
  /**
   * What a repository's files do not say, or say wrongly: fields of a card, such as `prompts` or `matryoshka`. They win. Only for
   * a name without a card of Nearfield's own.
   */
  readonly overrides?: Partial<RepositoryCard> | undefined;
}

/** What is asked for of a model. */
export interface ModelRequest {
  readonly model?: ModelChoice | undefined;
  readonly dimensions?: number | undefined;
  readonly models?: ModelsOptions | undefined;
  readonly device?: "auto" | Device | undefined;
}

/** A card that is there already, if any: what a name stands for is not known yet. */
type Known = ModelCard | RepositoryCard | undefined;

/**
 * The cards of a model, found when they are asked for. A failure is told to whoever waits for it; who asks later begins
 * anew, since a network may have come back.
 */
export class ModelSource {
  readonly #request: ModelRequest;
  readonly #choice: Towers<SingleModel>;
  readonly #closing = new AbortController();
  #cards: Promise<Towers<ModelCard>> | undefined;

  /** @throws RetrievalError `INVALID_OPTION`, `MODEL_UNSUPPORTED`, `MODEL_MISMATCH` for what is known to be wrong beforehand */
  constructor(request: ModelRequest) {
    const { model = "pocket", dimensions } = request;
    this.#request = request;
    this.#choice = checkChoice(model);
    checkModelsOptions(request.models);
    const query = knownOf(this.#choice.query);
    const document = knownOf(this.#choice.document);
    for (const card of [query, document]) if (card) checkDimensions(card, dimensions);
    if (query && document) checkTowers({ query, document });
  }

  /** Names what is asked for where something has to be looked up for it; null where the cards are there. */
  async request(): Promise<string | null> {
    const { query, document } = this.#choice;
    if ([query, document].every((one) => one === "pocket" || isModelCard(one))) return null;
    const { models, dimensions } = this.#request;
    return hashOf({ query, document, models, dimensions });
  }

  /**
   * Both towers; they are the same card where the model has one.
   * @throws RetrievalError what `ModelStore.resolve` throws; `MODEL_MISMATCH` for two towers that do not fit; `INVALID_OPTION` for
   * dimensions that the model can not be cut to; `ABORTED`
   */
  async cards(signal?: AbortSignal): Promise<Towers<ModelCard>> {
    const cards = (this.#cards ??= this.#find());
    cards.catch(() => {
      if (this.#cards === cards) this.#cards = undefined;
    });
    return raceAbort(cards, signal);
  }

  /** Ends a search for the cards. */
  close(): void {
    this.#closing.abort();
  }

  async #find(): Promise<Towers<ModelCard>> {
    const { query: asked, document: stored } = this.#choice;
    await this.#checkNames();
    // One after the other: the second may be found in what was learned for the first.
    const document = towersOf(await this.#resolve(stored));
    const query = asked === stored ? document : towersOf(await this.#resolve(asked));
    const towers = checkTowers({ query: query.query, document: document.document });
    for (const card of [towers.query, towers.document]) {
      checkDimensions(card, this.#request.dimensions);
    }
    return towers;
  }

  async #resolve(model: SingleModel): Promise<ModelCard | Towers<ModelCard>> {
    if (model === "pocket") return pocketCard;
    if (isModelCard(model)) return model;
    const { host, redirects, ...how } = this.#request.models ?? {};
    const { device } = this.#request;
    const { findModel } = await loadPart(() => import("./catalogue.ts"));
    const machine = await readMachine({ gpu: device !== "wasm" });
    const asked = { ...how, device, machine, signal: this.#closing.signal };
    return findModel(model, asked, { host, redirects });
  }

  /** What is wrong with a model that has a card here needs no download to be seen. */
  async #checkNames(): Promise<void> {
    const { query: asked, document: stored } = this.#choice;
    if (![asked, stored].some((one) => typeof one === "string" && one !== "pocket")) return;
    const { findCard } = await loadPart(() => import("./catalogue.ts"));
    const find = (model: SingleModel): Towers<ModelCard | RepositoryCard> | undefined => {
      const known = knownOf(model) ?? findCard(model as string);
      return known && towersOf<ModelCard | RepositoryCard>(known);
    };
    const query = find(asked)?.query;
    const document = find(stored)?.document;
    for (const card of [query, document]) {
      if (card) checkDimensions(card, this.#request.dimensions);
    }
    if (query && document) checkTowers({ query, document });
  }
}

function checkChoice(model: unknown): Towers<SingleModel> {
  if (typeof model === "object" && model !== null && ("query" in model || "document" in model)) {
    const { query, document } = checkKeys("model", model, ["query", "document"]);
    return {
      query: checkSingle(query, "model.query"),
      document: checkSingle(document, "model.document"),
    };
  }
  const single = checkSingle(model, "model");
  return { query: single, document: single };
}

function checkSingle(model: unknown, what: string): SingleModel {
  if (typeof model === "string") {
    // Whether there is a model of this name is seen when it is looked up.
    return checkRepository(model);
  }
  if (typeof model !== "object" || model === null) {
    throw invalid(what, `"pocket", the name of a model or a model card`, model);
  }
  return "repository" in model ? validateRepositoryCard(model) : validateCard(model);
}

function isModelCard(model: SingleModel): model is ModelCard {
  return typeof model === "object" && !("repository" in model);
}

function knownOf(model: SingleModel): Known {
  if (model === "pocket") return pocketCard;
  return typeof model === "string" ? undefined : model;
}

/** @throws RetrievalError `INVALID_OPTION` */
export function checkModelsOptions(value: unknown): void {
  const known = ["host", "revision", "redirects", "dtypes", "overrides"];
  const { host, revision, redirects, dtypes, overrides } = checkKeys("models", value, known);
  if (host !== undefined && typeof host !== "string") {
    throw invalid("models.host", `an address or a path such as "/models/"`, host);
  }
  if (revision !== undefined) checkRevision(revision);
  const isList = Array.isArray(redirects) && redirects.every((one) => typeof one === "string");
  if (redirects !== undefined && !isList) {
    throw invalid("models.redirects", "an array of hosts", redirects);
  }
  if (overrides !== undefined && (typeof overrides !== "object" || overrides === null)) {
    throw invalid("models.overrides", "an object with fields of a model card", overrides);
  }
  const formats = checkKeys("models.dtypes", dtypes, ["wasm", "webgpu"]);
  for (const [device, dtype] of Object.entries(formats)) {
    if (dtype === undefined || (typeof dtype === "string" && dtype in DTYPES)) continue;
    throw invalid(`models.dtypes.${device}`, `one of ${Object.keys(DTYPES).join(", ")}`, dtype);
  }
}
