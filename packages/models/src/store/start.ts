import { asRetrievalError } from "@nearfield/core";
import type { DownloadOptions } from "../download.ts";
import { Body } from "./body.ts";
import { refuseRedirect } from "./redirect.ts";
import { aborted } from "./retry.ts";

/**
 * The first bytes of a file: for headers, so without a check and without the store. Undefined where the host refuses.
 * @throws RetrievalError `MODEL_UNAVAILABLE`, `ABORTED`
 */
export async function fetchStart(
  url: string,
  byteLength: number,
  { signal, stallMs = 20_000, redirects }: DownloadOptions,
): Promise<Uint8Array | undefined> {
  const timeout = AbortSignal.timeout(stallMs);
  try {
    const response = await fetch(url, {
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      headers: { range: `bytes=0-${byteLength - 1}` },
      cache: "no-store",
      credentials: "same-origin",
      referrerPolicy: "no-referrer",
    });
    refuseRedirect(url, response, redirects);
    if (!response.ok || !response.body) return undefined;
    const reader = response.body.getReader();
    const body = new Body(undefined, byteLength);
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      body.append(next.value);
      if (body.loaded >= byteLength) break;
    }
    // A host that knows no ranges would send all of it.
    reader.cancel().catch(() => {});
    return body.whole().subarray(0, byteLength);
  } catch (thrown) {
    if (signal?.aborted) throw aborted(signal.reason);
    throw asRetrievalError(thrown, "MODEL_UNAVAILABLE", `${url} could not be read`);
  }
}
