// Checks of a file whose SHA-256 nobody has told.
import { RetrievalError } from "@nearfield/core";

/**
 * Checks content against Git's name for it.
 * @throws RetrievalError `MODEL_INTEGRITY`
 */
export async function checkBlob(url: string, bytes: Uint8Array, blob: string): Promise<void> {
  const prefix = new TextEncoder().encode(`blob ${bytes.length}\0`);
  const content = new Uint8Array(prefix.length + bytes.length);
  content.set(prefix);
  content.set(bytes, prefix.length);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", content));
  const met = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (met === blob) return;
  throw new RetrievalError("MODEL_INTEGRITY", `${url} is not the file that the host lists`, {
    value: met,
    repair: "Try again later, or use another host.",
  });
}

/**
 * What was cut short or replaced by a page of text must not be remembered as the file.
 * @throws RetrievalError `MODEL_INTEGRITY`
 */
export function checkJson(url: string, bytes: Uint8Array): void {
  try {
    JSON.parse(new TextDecoder().decode(bytes));
  } catch (thrown) {
    throw new RetrievalError("MODEL_INTEGRITY", `${url} is not JSON`, {
      value: bytes.length,
      repair: "Check that the host has this repository.",
      cause: thrown,
    });
  }
}
