import { EXTENDED } from "../harness/fixtures.ts";
import { expect, test } from "@playwright/test";
import { READING_MS } from "./visit.ts";

test(
  "forgetting everything, even while the library is read, deletes index, stored page and worker",
  EXTENDED,
  async ({ page }) => {
    test.setTimeout(READING_MS);
    await page.goto("/");
    await expect(page.locator("#progress-text")).toContainText("You can search already", {
      timeout: READING_MS,
    });
    await page.locator("#status-line").click();
    await page.getByRole("button", { name: "Forget everything…" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByRole("button", { name: "Keep it all" })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await page.getByRole("button", { name: "Forget everything…" }).click();
    await dialog.getByRole("button", { name: "Forget everything" }).click();
    await expect(page.locator("body")).toHaveAttribute("data-library", "forgotten");
    const left = await page.evaluate(async () => ({
      databases: (await indexedDB.databases()).map(({ name }) => name),
      caches: await caches.keys(),
      workers: (await navigator.serviceWorker.getRegistrations()).length,
      keys: Object.keys(localStorage),
    }));
    expect(left).toEqual({ databases: [], caches: [], workers: 0, keys: [] });
    await expect(page.getByRole("button", { name: "Start again" })).toBeFocused();
    await expect(page.locator("#failure")).toBeHidden();
  },
);
