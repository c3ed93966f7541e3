import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { findChromium, QUIET, SOFTWARE_WEBGPU } from "./scripts/chromium.mjs";
import { ISOLATION } from "./vite.config.ts";

const executablePath = await findChromium();

/** Reference models and data that live beside the repository on some machines; tests that want them skip elsewhere. */
const shared = fileURLToPath(new URL("../shared", import.meta.url));

/** What tests may read, in Node and in Chromium alike: `import.meta.env.NEARFIELD_TEST_ALL`. */
const env = {
  /** "1" where the heavy matrices run too (`npm run test:all`). */
  NEARFIELD_TEST_ALL: process.env.NEARFIELD_TEST_ALL ?? "",
  /** Absolute path of the shared folder, or "". A page fetches from it under `/@fs`. */
  NEARFIELD_SHARED: existsSync(shared) ? shared : "",
  /** Absolute path of the model that `node scripts/recipe.mjs` makes, there or not. */
  NEARFIELD_SLICE: fileURLToPath(new URL(".cache/recipe/slice/export/", import.meta.url)),
};

/** One Chromium project: full Chromium in the new headless mode, cross-origin isolated so that threads are there. */
const inChromium = (name: string, include: string[], flags: string[]) => ({
  optimizeDeps: {
    include: [
      "@huggingface/tokenizers",
      "idb",
      "minisearch",
      "stemmer",
      "onnxruntime-web/webgpu",
      "fast-check",
    ],
  },
  server: { headers: ISOLATION, fs: { allow: [".", shared] } },
  test: {
    name,
    include,
    env,
    globalSetup: "packages/testing/src/stand/host.ts",
    testTimeout: 60_000,
    // Loading a model on a machine that has much else to do takes as long in a hook as in a test.
    hookTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          ...(executablePath && { executablePath }),
          args: [...QUIET, ...flags],
          // Playwright's default "--headless=old" shell has no WebGPU.
          channel: executablePath ? undefined : "chromium",
        },
      }),
      instances: [{ browser: "chromium" as const }],
    },
  },
});

export default defineConfig({
  test: {
    // Continuous integration tries a failed test once more; `scripts/test.mjs` then names it as flaky.
    retry: Number(process.env.NEARFIELD_RETRIES ?? 0),
    projects: [
      {
        test: {
          name: "node",
          environment: "node",
          env,
          testTimeout: 60_000,
          include: [
            "packages/*/src/**/*.test.ts",
            "examples/*/src/**/*.test.ts",
            "scripts/**/*.test.ts",
          ],
          exclude: ["**/*.browser.test.ts", "**/*.webgpu.test.ts", "**/node_modules/**"],
        },
      },
      inChromium("chromium", ["packages/*/src/**/*.browser.test.ts"], []),
      inChromium("chromium-webgpu", ["packages/*/src/**/*.webgpu.test.ts"], SOFTWARE_WEBGPU),
    ],
  },
});
