import { PARSED } from "../../../shared/page/visibility.ts";
import { pageTextOf } from "../page/page-text.ts";
import type { PageText, Problem } from "../shelf/record.ts";

/** A server that does not answer in so long is given up. */
const PATIENCE_MS = 30_000;

/** Largest page that is fetched, in bytes. */
export const MOST_BYTES = 8_000_000;

/**
 * Fetches a bookmarked page and reads its text. No script of it runs, nothing else that it names is fetched. It is asked for
 * as by somebody who is not signed in: what only shows itself to a person with an account is remembered from its tab.
 */
export async function fetchPage(
  url: string,
): Promise<{ readonly page: PageText } | { readonly problem: Problem }> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const response = await fetch(url, {
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal,
    });
    if (!response.ok) return { problem: "refused" };
    const type = response.headers.get("content-type") ?? "";
    if (!/^(?:text\/html|application\/xhtml\+xml)/i.test(type)) return { problem: "not-a-page" };
    const bytes = await readAtMost(response, MOST_BYTES);
    if (!bytes) return { problem: "too-large" };
    const page = await pageTextOf(parse(bytes, type), PARSED);
    return page.sections.length === 0 ? { problem: "empty" } : { page };
  } catch {
    return { problem: signal.aborted ? "slow" : "unreachable" };
  }
}

/** All of a body; undefined where it is larger: what it says of its size may be wrong. */
async function readAtMost(response: Response, most: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > most) return undefined;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** A document that is shown nowhere: it runs no script and fetches nothing. */
function parse(bytes: Uint8Array, type: string): Document {
  const named = /charset=["']?([\w-]+)/i;
  // A page may say only in itself how it is written; what says so is ASCII.
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 2_048));
  const label = named.exec(type)?.[1] ?? named.exec(head)?.[1] ?? "utf-8";
  return new DOMParser().parseFromString(decoderFor(label).decode(bytes), "text/html");
}

function decoderFor(label: string): TextDecoder {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder();
  }
}
