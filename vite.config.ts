import type { UserConfig } from "vite";

/**
 * Cross-origin isolation: only with these two headers does a page get SharedArrayBuffer, and with it threads in ONNX
 * Runtime. Everything works without them, on one thread.
 */
export const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
} as const;

/** What every page of this workspace is built and served with; an example spreads it into its own config. */
export const shared = {
  build: {
    target: "es2022",
    // A small file as a `data:` URL could not be fetched under `connect-src 'self'`.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  worker: { format: "es" },
  server: { headers: ISOLATION },
  preview: { headers: ISOLATION },
} satisfies UserConfig;

export default shared;
