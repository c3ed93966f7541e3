import { build } from "vite";

/** Playwright's global setup: builds the bare page once, as an app would be built for production. */
export default async function buildHarness(): Promise<void> {
  await build({ configFile: `${import.meta.dirname}/vite.config.ts` });
}
