import { ask, expect, test } from "./visit.ts";

test("after the first visit the page works with its server gone, in a browser started anew", async ({
  shared,
}) => {
  const { stand, profile } = shared;
  await profile.close();
  await stand.switchOff();
  const context = await profile.open();
  try {
    const page = await context.newPage();
    await page.goto(stand.url);
    await expect(page.locator("body")).toHaveAttribute("data-library", "kept");
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await ask(page, "store data in the browser");
    await page.getByRole("option").first().click();
    await expect(page.locator("#reader mark:visible").first()).toBeVisible();
    await page.close();
  } finally {
    await stand.switchOn();
  }
});

test("a new version is offered, and taking it loses nothing", async ({ shared, page }) => {
  await shared.stand.release("The next version");
  await page.evaluate(async () => {
    await (await navigator.serviceWorker.getRegistration())?.update();
  });
  const offer = page.locator("#notices").getByRole("button", { name: "Reload" });
  await expect(offer).toBeVisible();
  await expect(page).not.toHaveTitle("The next version");
  await offer.click();
  await expect(page).toHaveTitle("The next version");
  await expect(page.locator("body")).toHaveAttribute("data-library", "kept");
  await ask(page, "store data in the browser");
});
