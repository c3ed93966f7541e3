// Where models are found by name.
import { RetrievalError } from "@nearfield/core";
import type { RetryPolicy } from "./retry.ts";

export interface HostOptions {
  /**
   * Root of a host of the hub's shape, `<host>/<owner>/<name>/resolve/<revision>/<file>`: absolute, or relative to the page
   * such as `/models/`. Default: the public hub.
   */
  readonly host?: string | undefined;
  /** Hosts that it may redirect to, such as `cdn.example.org`, or `.example.org` for all below. Default: none. */
  readonly redirects?: readonly string[] | undefined;
  /** How long it may stay silent, in milliseconds. */
  readonly stallMs?: number | undefined;
  readonly retry?: RetryPolicy | undefined;
}

/**
 * `host` as an absolute address without a slash at its end.
 * @throws RetrievalError `INVALID_OPTION`
 */
export function resolveHost(host: unknown): string {
  const page = globalThis.location?.href;
  const url = typeof host === "string" ? URL.parse(host, page) : null;
  // An extension's own files have a scheme of their own.
  const schemes = ["https:", "http:", globalThis.location?.protocol];
  const plain = url && !url.search && !url.hash && !url.username && !url.password;
  if (plain && schemes.includes(url.protocol)) return url.href.replace(/\/+$/, "");
  throw new RetrievalError("INVALID_OPTION", "the host of the models is not an address", {
    value: host,
    repair: `Give an https address, or a path of this page such as "/models/".`,
  });
}
