import { readFile } from "node:fs/promises";
import { EXTENDED } from "../harness/fixtures.ts";
import { pdfFile, textFile } from "./files.ts";
import { ask, drop, expect, hits, openFirst, settle, test, visit } from "./visit.ts";

const NOTES = [
  textFile("bread.md", "# Bread\n\nThe dough rests overnight in the cold.", "text/markdown"),
  textFile("beer.txt", "Malt is soaked in hot water before the hops are added."),
  pdfFile("wine.pdf", [["Grapes are pressed in autumn, and the juice ferments for weeks."]]),
];

test(
  "kinds, dates and collections narrow the search and the list alike",
  EXTENDED,
  async ({ page, stand }) => {
    await visit(page, stand);
    await page.getByLabel("Name of a new collection").fill("Drinks");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /^Drinks/ }).click();
    await drop(page, NOTES.slice(1));
    await settle(page, 2);
    await page.getByRole("button", { name: /^All documents/ }).click();
    await drop(page, NOTES.slice(0, 1));
    await settle(page, 3);

    await ask(page, "how is it made?");
    await expect(hits(page)).toHaveCount(3);
    await page.getByRole("button", { name: /^Drinks/ }).click();
    await expect(hits(page)).toHaveCount(2);
    await page.getByRole("button", { name: "PDFs" }).click();
    await expect(hits(page)).toHaveCount(1);
    await expect(hits(page).first()).toContainText("wine.pdf");
    await page.getByRole("button", { name: "All kinds" }).click();
    await page.getByRole("button", { name: /^All documents/ }).click();
    await expect(hits(page)).toHaveCount(3);
    // All of them are of 3 March 2026.
    await page.getByLabel("Date of the file").selectOption("custom");
    await page.getByLabel("From").fill("2026-03-04");
    await expect(page.locator("#nothing")).toContainText("Nothing in what you have chosen");
    await page.getByLabel("From").fill("2026-03-01");
    await expect(hits(page)).toHaveCount(3);
  },
);

test(
  "an exported library is imported elsewhere: found, shown, and in its collections",
  EXTENDED,
  async ({ page, stand, browser }) => {
    await visit(page, stand);
    await drop(page, NOTES);
    await settle(page, 3);
    await ask(page, "dough");
    await openFirst(page);
    await page.getByRole("button", { name: "Collections…" }).click();
    await page.getByLabel("A new one").fill("Kitchen");
    await page.getByRole("button", { name: "Done" }).click();
    await expect(page.locator("#collections")).toContainText("Kitchen1");
    await page.getByRole("button", { name: /Storage, export/ }).click();
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export the library" }).click();
    const exported = await (await saving).path();

    const elsewhere = await browser.newContext();
    const other = await elsewhere.newPage();
    await visit(other, stand);
    await drop(other, [textFile("old.txt", "Something that is replaced.")]);
    await settle(other, 1);
    await other.getByRole("button", { name: /Storage, export/ }).click();
    await other.locator("#import-file").setInputFiles({
      name: "library.nearfield",
      mimeType: "application/octet-stream",
      buffer: await readFile(exported),
    });
    await other.getByRole("button", { name: "Replace it" }).click();
    await settle(other, 3);
    await expect(other.locator("#collections")).toContainText("Kitchen1");
    await ask(other, "how long does the juice ferment?");
    await expect(hits(other).first()).toContainText("wine.pdf");
    expect(await openFirst(other)).toContain("ferments for weeks");

    // What is no library changes nothing.
    await other.keyboard.press("Escape");
    await other.getByRole("button", { name: /Storage, export/ }).click();
    await other.locator("#import-file").setInputFiles({
      name: "wrong.nearfield",
      mimeType: "application/octet-stream",
      buffer: Buffer.from("something else"),
    });
    await other.getByRole("button", { name: "Replace it" }).click();
    await expect(other.locator("#failure")).toContainText("no exported library");
    await settle(other, 3);
    await elsewhere.close();
  },
);

test("everything is done by keyboard alone", EXTENDED, async ({ page, stand }) => {
  await visit(page, stand);
  await drop(page, NOTES);
  await settle(page, 3);
  await page.keyboard.press("Tab");
  await page.keyboard.press("/");
  await expect(page.locator("#query")).toBeFocused();
  await page.keyboard.type("how long does the dough rest?");
  await expect(page.locator("#hits")).toHaveAttribute(
    "data-question",
    "how long does the dough rest?",
  );
  await page.keyboard.press("ArrowDown");
  await expect(hits(page).first()).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Enter");
  await expect(page.locator("#reader")).toHaveAttribute("data-state", "open");
  await expect(page.locator("#reader")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "← Back" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.locator("#query")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.locator("#query")).toHaveValue("");

  // Every button and field is reached by Tab alone, and in view when it is.
  const reached = new Set<string>();
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press("Tab");
    reached.add(
      await page.evaluate(() => {
        const { activeElement: at } = document;
        return at?.id || at?.getAttribute("aria-label") || at?.textContent?.trim() || "";
      }),
    );
  }
  for (const name of [
    "query",
    "theme",
    "Add documents",
    "span",
    "storage-open",
    "All kinds",
    "PDFs",
  ]) {
    expect([...reached], `reached by Tab: ${name}`).toContain(name);
  }
  for (const file of ["Bread", "beer", "wine"]) {
    expect(
      [...reached].some((one) => one.includes(file)),
      file,
    ).toBe(true);
  }
  await page.locator("#storage-open").focus();
  await page.keyboard.press("Enter");
  await expect(page.locator("#storage")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.locator("#storage-open")).toBeFocused();
});

test(
  "two tabs show one library, and one of them reads",
  EXTENDED,
  async ({ page, stand, context }) => {
    const other = await context.newPage();
    await visit(page, stand);
    await visit(other, stand);
    await drop(page, NOTES.slice(0, 2));
    await drop(other, NOTES.slice(2));
    await settle(page, 3);
    await settle(other, 3);
    for (const tab of [page, other]) {
      await ask(tab, "how long does the juice ferment?");
      await expect(hits(tab).first()).toContainText("wine.pdf");
    }
    await openFirst(page);
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByRole("button", { name: "Remove it" }).click();
    await expect(page.locator("#shelf-title")).toContainText("(2)");
    await expect(other.locator("#shelf-title")).toContainText("(2)");
    await ask(other, "grapes");
    await expect(hits(other).first()).not.toContainText("wine.pdf");
    // The tab that reads is closed: the other one goes on.
    await drop(
      page,
      Array.from({ length: 60 }, (_, at) => textFile(`n${at}.txt`, `Note ${at} on the weather.`)),
    );
    await expect(other.locator("#shelf-title")).toContainText("(62)");
    await page.close();
    await settle(other, 62);
  },
);

test("a new version is offered, and taking it loses nothing", EXTENDED, async ({ page, stand }) => {
  await visit(page, stand);
  await drop(page, NOTES);
  await settle(page, 3);
  await expect(page.locator("body")).toHaveAttribute("data-offline", "ready");
  await page.reload();
  await settle(page, 3);
  await stand.release("The next version");
  await page.evaluate(async () => {
    await (await navigator.serviceWorker.getRegistration())?.update();
  });
  await expect(page.locator("#news")).toContainText("A new version is there");
  await expect(page).not.toHaveTitle("The next version");
  await page.locator("#news").getByRole("button", { name: "Reload" }).click();
  await expect(page).toHaveTitle("The next version");
  await settle(page, 3);
  await ask(page, "grapes");
  await expect(hits(page).first()).toContainText("wine.pdf");
});

test("what another app shares comes into the library", EXTENDED, async ({ page, stand }) => {
  await visit(page, stand);
  await expect(page.locator("body")).toHaveAttribute("data-offline", "ready");
  await page.reload();
  await expect(page.locator("body")).toHaveAttribute("data-library", "open");
  await page.evaluate(async () => {
    const form = new FormData();
    form.append(
      "files",
      new File(["The tide comes in at noon."], "tide.txt", { type: "text/plain" }),
    );
    await fetch("share", { method: "POST", body: form, redirect: "manual" });
    const words = new FormData();
    words.append("title", "A page on owls");
    words.append("text", "Owls turn their heads most of the way round.");
    await fetch("share", { method: "POST", body: words, redirect: "manual" });
  });
  await page.reload();
  await settle(page, 2);
  await ask(page, "birds of the night");
  await expect(hits(page).first()).toContainText("Owls turn");
});

test("it can be installed", EXTENDED, async ({ page, stand, context }) => {
  await visit(page, stand);
  await expect(page.locator("body")).toHaveAttribute("data-offline", "ready");
  const session = await context.newCDPSession(page);
  const { errors, url } = await session.send("Page.getAppManifest");
  expect([url, errors]).toEqual([`${stand.url}manifest.webmanifest`, []]);
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  // Windows of tests are private ones, in which nothing is installed; nothing else may be in the way.
  expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual(["in-incognito"]);
});

test(
  "everything is deleted when that is asked for, and only then",
  EXTENDED,
  async ({ page, stand }) => {
    await visit(page, stand);
    await drop(page, NOTES);
    await settle(page, 3);
    await page.getByRole("button", { name: /Storage, export/ }).click();
    await page.getByRole("button", { name: "Delete everything…" }).click();
    await page.getByRole("button", { name: "Keep it all" }).click();
    await settle(page, 3);
    await page.getByRole("button", { name: /Storage, export/ }).click();
    await page.getByRole("button", { name: "Delete everything…" }).click();
    await page.getByRole("button", { name: "Delete everything", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Everything is deleted." })).toBeVisible();
    const left = await page.evaluate(async () => [
      (await indexedDB.databases()).map(({ name }) => name),
      await caches.keys(),
      (await navigator.serviceWorker.getRegistrations()).length,
    ]);
    expect(left).toEqual([[], [], 0]);
  },
);
