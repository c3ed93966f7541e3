// Where a request may be sent on to.
import { RetrievalError } from "@nearfield/core";
import { PUBLIC_HUB } from "../pin.ts";

/** Hosts that the public hub keeps large files on. A leading dot stands for all its subdomains. */
export const HUB_REDIRECTS: readonly string[] = [".hf.co", ".huggingface.co"];

/**
 * Refuses an answer that came from another origin than the one that was asked. A page can not look at a redirect before
 * it is followed; what was fetched by it is not read.
 * @param allowed hosts that may answer too, such as `cdn.example.org` or `.example.org` for all below it; default: those
 * of the public hub for its own files, else none
 * @throws RetrievalError `MODEL_UNAVAILABLE` with the address that answered as its value
 */
export function refuseRedirect(
  asked: string,
  response: Response,
  allowed: readonly string[] | undefined,
): void {
  if (!response.redirected) return;
  const from = new URL(asked, globalThis.location?.href);
  const to = new URL(response.url);
  if (to.origin === from.origin) return;
  const hosts = allowed ?? (from.origin === PUBLIC_HUB ? HUB_REDIRECTS : []);
  const known = hosts.some((host) =>
    host.startsWith(".") ? to.hostname.endsWith(host) : to.host === host,
  );
  // Never from https down to http.
  if (known && (to.protocol === "https:" || to.protocol === from.protocol)) return;
  response.body?.cancel().catch(() => {});
  throw new RetrievalError("MODEL_UNAVAILABLE", "the host of a model redirects to another origin", {
    value: to.origin,
    repair: `Name ${to.host} among the allowed redirects if it is to be trusted.`,
  });
}

/** An answer this late says nothing more. */
const PROBE_MS = 5_000;

/**
 * Why a request failed without an answer: a redirect to an origin that does not let this page in looks to it like no network
 * at all. Asks again without following.
 */
export async function findRedirect(url: string): Promise<RetrievalError | null> {
  try {
    const response = await fetch(url, {
      redirect: "manual",
      cache: "no-store",
      credentials: "same-origin",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PROBE_MS),
    });
    response.body?.cancel().catch(() => {});
    if (response.type !== "opaqueredirect") return null;
  } catch {
    return null;
  }
  return new RetrievalError(
    "MODEL_UNAVAILABLE",
    "the host of a model redirects where this page may not go",
    {
      value: url,
      repair:
        "Name a host that serves the files itself, or let the one it redirects to allow this origin (CORS).",
    },
  );
}
