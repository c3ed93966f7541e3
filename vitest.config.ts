import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { findChromium, QUIET, SOFTWARE_WEBGPU } from "./scripts/chromium.mjs";

const executablePath = await findChromium();

/** One Chromium project: full Chromium in the new headless mode, cross-origin isolated so that threads are there. */
const inChromium = (name: string, include: string[], flags: string[]) => ({
  optimizeDeps: {
    include: ["@huggingface/tokenizers", "idb", "onnxruntime-web/webgpu", "fast-check"],
  },
  server: {
    headers: {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    },
  },
  test: {
    name,
    include,
    testTimeout: 60_000,
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
    projects: [
      {
        test: {
          name: "node",
          environment: "node",
          include: ["packages/*/src/**/*.test.ts", "scripts/**/*.test.ts"],
          exclude: ["**/*.browser.test.ts", "**/*.webgpu.test.ts", "**/node_modules/**"],
        },
      },
      inChromium("chromium", ["packages/*/src/**/*.browser.test.ts"], []),
      inChromium("chromium-webgpu", ["packages/*/src/**/*.webgpu.test.ts"], SOFTWARE_WEBGPU),
    ],
  },
});
