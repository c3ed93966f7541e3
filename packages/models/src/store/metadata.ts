// What a host says of a repository and its files.
import { RetrievalError } from "@nearfield/core";
import { download, type DownloadOptions } from "../download.ts";
import { refuseRedirect } from "./redirect.ts";
import { aborted } from "./retry.ts";

/** What is known of a file. `null` in a {@link Listing}: it is known not to be there. */
export interface KnownFile {
  readonly byteLength?: number | undefined;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256?: string | undefined;
  /** Git's name for the content, SHA-1 over `blob <length>\0<content>`: all that the hub says of small files. */
  readonly blob?: string | undefined;
}

export interface Listing {
  /** The commit that the revision stands for. */
  readonly commit: string | null;
  readonly files: Readonly<Record<string, KnownFile>>;
}

const SHA256 = /^[0-9a-f]{64}$/;
const SHA1 = /^[0-9a-f]{40}$/;

/**
 * All files of a repository at once, by the hub's `api/models/<repository>/revision/<revision>?blobs=true`. A page needs
 * this, because it can not see the headers of the redirect that the hub answers a large file with.
 * @returns null where the host has no such thing
 * @throws RetrievalError `MODEL_UNAVAILABLE_OFFLINE`, `ABORTED`
 */
export async function fetchListing(
  host: string,
  repository: string,
  revision: string,
  options: DownloadOptions,
): Promise<Listing | null> {
  const url = `${host}/api/models/${repository}/revision/${encodeURIComponent(revision)}?blobs=true`;
  try {
    const text = new TextDecoder().decode(await download({ url }, options));
    return readListing(JSON.parse(text));
  } catch (thrown) {
    if (thrown instanceof RetrievalError) {
      if (thrown.code === "ABORTED" || thrown.code === "MODEL_UNAVAILABLE_OFFLINE") throw thrown;
    }
    return null;
  }
}

interface Sibling {
  readonly rfilename?: unknown;
  readonly size?: unknown;
  readonly blobId?: unknown;
  readonly lfs?: { readonly sha256?: unknown; readonly size?: unknown } | null;
}

function readListing(value: unknown): Listing | null {
  const { sha, siblings } = (value ?? {}) as {
    readonly sha?: unknown;
    readonly siblings?: unknown;
  };
  if (!Array.isArray(siblings)) return null;
  const files: [string, KnownFile][] = [];
  for (const { rfilename, size, blobId, lfs } of siblings as readonly Sibling[]) {
    if (typeof rfilename !== "string") return null;
    files.push([
      rfilename,
      {
        byteLength: lengthOf(lfs?.size) ?? lengthOf(size),
        sha256: matching(SHA256, lfs?.sha256),
        blob: lfs ? undefined : matching(SHA1, blobId),
      },
    ]);
  }
  return { commit: matching(SHA1, sha) ?? null, files: Object.fromEntries(files) };
}

export interface Head {
  /** null: the host does not have the file. */
  readonly file: KnownFile | null;
  readonly commit: string | null;
}

/**
 * One file, by the headers that hosts of the hub's shape send: `x-repo-commit`, `x-linked-size`, `x-linked-etag` or `etag`
 * where it is a SHA-256.
 * @throws RetrievalError `MODEL_UNAVAILABLE` where the host refuses; `MODEL_UNAVAILABLE_OFFLINE`, `ABORTED`
 */
export async function fetchHead(
  url: string,
  { signal, stallMs = 20_000, redirects }: DownloadOptions,
): Promise<Head> {
  const timeout = AbortSignal.timeout(stallMs);
  let response: Response;
  try {
    response = await fetch(url, {
      method: "HEAD",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      credentials: "same-origin",
      referrerPolicy: "no-referrer",
    });
  } catch (thrown) {
    if (signal?.aborted) throw aborted(signal.reason);
    const code = timeout.aborted ? "MODEL_UNAVAILABLE" : "MODEL_UNAVAILABLE_OFFLINE";
    throw new RetrievalError(code, "the host of a model does not answer", {
      value: url,
      repair: "Connect to the network once, or check that the host allows this origin (CORS).",
      cause: thrown,
    });
  }
  refuseRedirect(url, response, redirects);
  const { headers, status } = response;
  const commit = matching(SHA1, headers.get("x-repo-commit")) ?? null;
  const page = headers.get("content-type")?.includes("text/html") === true;
  if (status === 404 || (response.ok && page)) return { file: null, commit };
  if (!response.ok) {
    throw new RetrievalError("MODEL_UNAVAILABLE", `the server answered ${status}`, {
      value: url,
      repair: "Check that the host has this model and lets this page have it.",
    });
  }
  const length = headers.get("x-linked-size") ?? headers.get("content-length");
  const etag = headers.get("x-linked-etag") ?? headers.get("etag");
  return {
    commit,
    file: {
      byteLength: length === null ? undefined : lengthOf(Number(length)),
      sha256: matching(SHA256, etag?.replace(/^W\//, "").replaceAll('"', "")),
    },
  };
}

function lengthOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function matching(pattern: RegExp, value: unknown): string | undefined {
  return typeof value === "string" && pattern.test(value) ? value : undefined;
}
