import { RetrievalError } from "@nearfield/core";

/**
 * The bytes of a `data:` URL. By hand, because a policy of `connect-src 'self'` forbids to fetch one, and bundlers inline
 * small files.
 * @throws RetrievalError `MODEL_INTEGRITY`
 */
export function decodeDataUrl(url: string): Uint8Array<ArrayBuffer> {
  const comma = url.indexOf(",");
  const body = url.slice(comma + 1);
  try {
    if (!url.slice(0, comma).endsWith(";base64")) {
      return new TextEncoder().encode(decodeURIComponent(body));
    }
    return Uint8Array.from(atob(decodeURIComponent(body)), (letter) => letter.charCodeAt(0));
  } catch (thrown) {
    throw new RetrievalError("MODEL_INTEGRITY", "a data: URL could not be decoded", {
      value: url,
      repair: "Check how the bundler inlined this file.",
      cause: thrown,
    });
  }
}
