import { EXTENDED } from "../harness/fixtures.ts";
import { expect, test } from "@playwright/test";

// The service worker would answer what these tests take away.
test.use({ serviceWorkers: "block" });

test("where workers are blocked the page says so and what to do", async ({ page }) => {
  await page.route(/worker.*\.js$/, (route) => route.abort());
  await page.goto("/");
  const failure = page.locator("#failure");
  await expect(failure).toBeVisible();
  await expect(failure).toContainText("could not be started");
  await expect(failure).toContainText("Reload the page");
  await expect(failure).toContainText("WORKER_UNAVAILABLE");
  await expect(failure.getByRole("button", { name: "Try again" })).toBeVisible();
});

test(
  "where the model does not arrive a question says so, and the page goes on",
  EXTENDED,
  async ({ page }) => {
    await page.route(/pocket.*\.bin$/, (route) => route.fulfill({ status: 404, body: "gone" }));
    await page.goto("/");
    await page.getByRole("combobox").fill("store data");
    await expect(page.locator("#nothing")).toContainText("The model could not be fetched");
    await expect(page.locator("#status-line")).toContainText("did not start");
    await page.unroute(/pocket.*\.bin$/);
  },
);

test("where the library does not arrive the page says so and answers from what it has", async ({
  page,
}) => {
  await page.route(/corpus-\w+\.json$/, (route) => route.fulfill({ status: 500, body: "" }));
  await page.goto("/");
  await expect(page.locator("#failure")).toContainText("could not be read");
  await page.getByRole("combobox").fill("store data");
  await expect(page.locator("#nothing")).toContainText("Nothing to find yet");
});

test(
  "a device that was asked for and is not there is named, with the repair",
  EXTENDED,
  async ({ page }) => {
    await page.goto("/?device=webgpu");
    await page.getByRole("combobox").fill("store data");
    await expect(page.locator("#nothing")).toContainText("There is no WebGPU to use here");
  },
);
