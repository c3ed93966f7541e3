// A repository on a host: what is learned of it once is remembered, and everything that is read of it is stored.
import { RetrievalError, sha256, type ModelFile } from "@nearfield/core";
import { download, type DownloadOptions } from "../download.ts";
import { fetchVerified } from "../file.ts";
import { checkRepository, checkRevision, isCommit } from "../name.ts";
import { PUBLIC_HUB, urlOf } from "../pin.ts";
import type { FileFacts, RepositoryReader } from "../repository/reader.ts";
import type { Shelf } from "../shelf.ts";
import { Body } from "./body.ts";
import { checkBlob, checkJson } from "./check.ts";
import { resolveHost, type HostOptions } from "./host.ts";
import { fetchHead, fetchListing, type KnownFile } from "./metadata.ts";
import { fetchStart } from "./start.ts";
import { inTurn } from "./turn.ts";
import { PartWriter } from "./writer.ts";

export interface OpenRepositoryOptions extends HostOptions {
  /** A commit, branch or tag. Default `main`. A branch is resolved once; from then on its commit is what counts. */
  readonly revision?: string | undefined;
  /** Asks the host again what a branch stands for. */
  readonly refresh?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where files and what was learned are kept; null keeps nothing. */
  readonly shelf: Shelf | null;
}

/** What was learned of a repository; written down as it stands. */
interface Lore {
  readonly format: 1;
  /**
   * Whether a card came of it. Only then does it count for the next visit: what was wrong with a repository may have been
   * mended by then.
   */
  readonly complete: boolean;
  /** Milliseconds since 1970 when it was written down. */
  readonly at: number;
  readonly commit: string | null;
  /** Whether a file that is not in `files` is known not to be there. */
  readonly listed: boolean;
  /** null: known not to be there. */
  readonly files: Readonly<Record<string, KnownFile | null>>;
}

const NOTHING: Lore = {
  format: 1,
  complete: false,
  at: 0,
  commit: null,
  listed: false,
  files: {},
};

/** Name of the note on a repository; `repository` alone begins the notes on all its revisions. */
export function loreName(host: string, repository: string, revision = ""): string {
  return `repository ${host} ${repository} ${revision}`;
}

/**
 * Opens a repository: from what is remembered of it, else by asking the host which commit its revision stands for and which
 * files there are. Once a card came of it (`complete`), the same files are found without a network.
 * @throws RetrievalError `INVALID_OPTION`; `MODEL_UNAVAILABLE_OFFLINE`, `MODEL_UNAVAILABLE`, `ABORTED`
 */
export async function openRepository(
  repository: string,
  options: OpenRepositoryOptions,
): Promise<HostedRepository> {
  const { revision = "main" } = options;
  const remembered = await recallRepository(repository, options);
  if (remembered) return remembered;
  const host = resolveHost(options.host ?? PUBLIC_HUB);
  const listing = await fetchListing(host, repository, revision, options);
  const commit = listing?.commit ?? (isCommit(revision) ? revision : null);
  const lore = listing
    ? { ...NOTHING, commit, listed: true, files: listing.files }
    : { ...NOTHING, commit };
  return new HostedRepository(host, repository, revision, lore, options);
}

/**
 * A repository of which a card came at an earlier visit; null where there was none, or where the host shall be asked again.
 * @throws RetrievalError `INVALID_OPTION`
 */
export async function recallRepository(
  repository: string,
  options: OpenRepositoryOptions,
): Promise<HostedRepository | null> {
  const { revision = "main", shelf, refresh } = options;
  const host = resolveHost(options.host ?? PUBLIC_HUB);
  checkRepository(repository, host === PUBLIC_HUB);
  checkRevision(revision);
  if (refresh) return null;
  const lore = asLore(await shelf?.recall(loreName(host, repository, revision)));
  return lore?.complete ? new HostedRepository(host, repository, revision, lore, options) : null;
}

/** A repository at one commit, as `cardFromRepository` reads it. */
export class HostedRepository implements RepositoryReader {
  readonly repository: string;
  /** Absolute, without a slash at its end. */
  readonly host: string;
  readonly #revision: string;
  readonly #options: OpenRepositoryOptions;
  readonly #openedAt: number = Date.now();
  #lore: Lore;

  constructor(
    host: string,
    repository: string,
    revision: string,
    lore: Lore,
    options: OpenRepositoryOptions,
  ) {
    this.host = host;
    this.repository = repository;
    this.#revision = revision;
    this.#lore = lore;
    this.#options = options;
  }

  /** The commit that files are fetched at; the revision itself where the host does not tell commits. */
  get commit(): string {
    return this.#lore.commit ?? this.#revision;
  }

  /** What is known of a file by now. */
  facts(path: string): FileFacts | undefined {
    return factsOf(this.#lore.files[path]);
  }

  async stat(path: string): Promise<FileFacts | undefined> {
    const known = this.#lore.files[path];
    if (known !== undefined || this.#lore.listed) return factsOf(known);
    const { file, commit } = await fetchHead(this.#url(path), this.#downloading());
    await this.#learn({ [path]: file }, commit);
    return factsOf(file);
  }

  async read(path: string): Promise<string | undefined> {
    const bytes = await this.fetch(path);
    return bytes && new TextDecoder().decode(bytes);
  }

  async readBytes(path: string, byteLength: number): Promise<Uint8Array | undefined> {
    if (!(await this.stat(path))) return undefined;
    return fetchStart(this.#url(path), byteLength, this.#downloading());
  }

  /**
   * The verified bytes of a file; undefined where the repository does not have it.
   * @throws RetrievalError as `fetchVerified`
   */
  async fetch(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!(await this.stat(path))) return undefined;
    const file = this.#pinned(path);
    if (file) return (await fetchVerified(file, this.#fetching())).bytes;
    return inTurn(
      this.#url(path),
      this.#options.signal,
      () => {},
      async () => {
        await this.#recall();
        const meanwhile = this.#pinned(path);
        if (meanwhile) return (await fetchVerified(meanwhile, this.#fetching())).bytes;
        return this.#fetchUnknown(path);
      },
    );
  }

  /**
   * Size and hash of a file. Where the host does not tell them the file is fetched, stored, and taken for what it is from
   * then on.
   * @throws RetrievalError `MODEL_INVALID` where there is no such file; as `fetchVerified`
   */
  async learn(path: string): Promise<FileFacts> {
    await this.stat(path);
    if (!this.#pinned(path)) await this.fetch(path);
    const { byteLength, sha256: hash } = this.facts(path) ?? {};
    if (byteLength !== undefined && hash !== undefined) return { byteLength, sha256: hash };
    throw new RetrievalError("MODEL_INVALID", `${this.repository} does not have a file`, {
      value: path,
      repair: "Choose a complete repository, or another number format.",
    });
  }

  /** Says that all that is needed is known: from now on it counts, until it is refreshed or evicted. */
  async complete(): Promise<void> {
    if (this.#lore.complete) return;
    this.#lore = { ...this.#lore, complete: true };
    await this.#remember();
  }

  /** Writes down what was learned. Storage that is missing or full costs the next visit some requests. */
  async #remember(): Promise<void> {
    const { shelf } = this.#options;
    const name = loreName(this.host, this.repository, this.#revision);
    this.#lore = { ...this.#lore, at: Date.now() };
    await shelf?.note(name, this.#lore).catch(() => {});
  }

  async #fetchUnknown(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const url = this.#url(path);
    const { byteLength, blob } = this.#lore.files[path] ?? {};
    // A length from a HEAD may be that of a compressed body.
    const exact = this.#lore.listed ? byteLength : undefined;
    const body = new Body(exact, byteLength);
    const bytes = await download({ url, byteLength: exact }, this.#downloading(), body);
    if (blob !== undefined) await checkBlob(url, bytes, blob);
    if (path.endsWith(".json")) checkJson(url, bytes);
    const hash = await sha256(bytes);
    await this.#learn({ [path]: { byteLength: bytes.length, sha256: hash, blob } }, null);
    const { shelf } = this.#options;
    if (shelf) {
      await new PartWriter(shelf, hash, 0).finish(bytes, {
        sha256: hash,
        byteLength: bytes.length,
        url,
        models: [this.repository],
        storedAt: Date.now(),
      });
    }
    return bytes;
  }

  #pinned(path: string): ModelFile | null {
    const { byteLength, sha256: hash } = this.#lore.files[path] ?? {};
    if (byteLength === undefined || hash === undefined) return null;
    return { url: this.#url(path), byteLength, sha256: hash };
  }

  #url(path: string): string {
    return urlOf(this, this.host, this.commit, path);
  }

  #downloading(): DownloadOptions {
    const { signal, stallMs, retry, redirects } = this.#options;
    return { signal, stallMs, retry, redirects };
  }

  #fetching(): Parameters<typeof fetchVerified>[1] {
    return { ...this.#downloading(), cache: this.#options.shelf, model: this.repository };
  }

  async #learn(files: Lore["files"], commit: string | null): Promise<void> {
    this.#lore = {
      ...this.#lore,
      commit: this.#lore.commit ?? commit,
      files: { ...this.#lore.files, ...files },
    };
    await this.#remember();
  }

  /** Takes in what another worker has learned while this one was at it; what is older may have changed since. */
  async #recall(): Promise<void> {
    const name = loreName(this.host, this.repository, this.#revision);
    const lore = asLore(await this.#options.shelf?.recall(name));
    if (!lore || lore.commit !== this.#lore.commit || lore.at < this.#openedAt) return;
    this.#lore = { ...this.#lore, files: { ...this.#lore.files, ...lore.files } };
  }
}

function asLore(value: unknown): Lore | null {
  const lore = value as Partial<Lore> | null | undefined;
  return lore?.format === 1 && typeof lore.files === "object" ? (lore as Lore) : null;
}

/** What others may know: a card has no place for Git's name of a file. */
function factsOf(known: KnownFile | null | undefined): FileFacts | undefined {
  return known ? { byteLength: known.byteLength, sha256: known.sha256 } : undefined;
}
