import type { Page } from "@playwright/test";
import { EXTENDED } from "../harness/fixtures.ts";
import {
  ask,
  endServiceWorker,
  expect,
  hits,
  markedIn,
  openPanel,
  pressButton,
  settle,
  test,
} from "./visit.ts";

const TIDES =
  "<h1>Tides</h1><p>High water comes about fifty minutes later each day, because the moon has moved on.</p>";
const TAXES =
  "<h1>Tax return</h1><p>Travel to work is deductible from the twenty-first kilometre on.</p>";
const GARDEN =
  "<h1>Garden</h1><p>Tomatoes want sun, and water at their feet, never on the leaves.</p>";

test.describe("side panel", EXTENDED, () => {
  test("the button in the toolbar allows one page, and no other is read", async ({
    built,
    launch,
    web,
  }) => {
    const tides = web.putPage("/tides", "Tides", TIDES);
    const taxes = web.putPage("/taxes", "Taxes", TAXES);
    const context = await launch(built);
    const page = await context.newPage();
    await page.goto(tides);
    const panel = await openPanel(context, built);
    await expect(panel.locator("#now-state")).toContainText("press its button there");
    await page.bringToFront();
    await pressButton(context, built, tides);
    await expect(panel.locator("#now-page")).toHaveText("Tides");
    await panel.getByRole("button", { name: "Remember this tab" }).click();
    await settle(panel, 1);

    const other = await context.newPage();
    await other.goto(taxes);
    await panel.bringToFront();
    await panel.getByRole("button", { name: "Remember this tab" }).click();
    await panel.getByRole("button", { name: "Not now" }).click();
    await expect(panel.locator("#news")).toContainText("this tab was not read");
    await expect(panel.locator("#shelf-title")).toHaveText("1 page of 1 site");

    // Nothing is allowed any more when the page is gone: the browser itself looks for the passage.
    await page.close();
    await ask(panel, "why is the sea late?");
    const reopened = context.waitForEvent("page");
    await hits(panel).first().click();
    await (await reopened).waitForLoadState();
    await expect(panel.locator("#news")).toContainText("the browser itself looks");
    const shown = await reopened;
    expect(shown.url()).toContain("#:~:text=High%20water");
    // The page itself never sees the text.
    expect(await shown.evaluate(() => location.hash)).toBe("");
  });

  test("what the person does not allow is not done, and each is said", async ({
    built,
    launch,
    web,
  }) => {
    const context = await launch(built);
    const page = await context.newPage();
    await page.goto(web.putPage("/tides", "Tides", TIDES));
    const panel = await openPanel(context, built);
    // The question itself is the browser's own, and no test can press its buttons: its answer is put in its place.
    await panel.evaluate(() => {
      chrome.permissions.request = (() => Promise.resolve(false)) as never;
    });
    for (const [button, sentence] of [
      ["Remember this tab", "this tab was not read"],
      ["All tabs", "no other tab was read"],
      ["Bookmarked pages…", "no bookmark was read"],
    ] as const) {
      await panel.getByRole("button", { name: button }).click();
      await panel.getByRole("button", { name: "Continue" }).click();
      await expect(panel.locator("#news")).toContainText(sentence);
    }
    await expect(panel.locator("#shelf")).toBeHidden();
  });

  test("all tabs are remembered, two panels see it, and a hit leads to the tab that is open", async ({
    extension,
    launch,
    web,
  }) => {
    const context = await launch(extension);
    const tabs = new Map<string, Page>();
    for (const [path, title, body] of [
      ["/tides", "Tides", TIDES],
      ["/taxes", "Taxes", TAXES],
      ["/garden", "Garden", GARDEN],
    ] as const) {
      const page = await context.newPage();
      await page.goto(web.putPage(path, title, body));
      tabs.set(path, page);
    }
    await (await context.newPage()).goto("chrome://version/");
    const panel = await openPanel(context, extension);
    const second = await openPanel(context, extension);
    await panel.getByRole("button", { name: "All tabs" }).click();
    await expect(panel.locator("#news")).toContainText("3 tabs will be remembered.");
    await settle(panel, 3);
    await settle(second, 3);
    for (const one of [panel, second]) {
      await ask(one, "how do I water vegetables?");
      await expect(hits(one).first()).toContainText("Garden");
    }
    const before = context.pages().length;
    await hits(second).first().click();
    const garden = tabs.get("/garden") as Page;
    expect(await markedIn(garden)).toContain("Tomatoes want sun");
    await expect.poll(() => garden.evaluate(() => document.visibilityState)).toBe("visible");
    expect(context.pages()).toHaveLength(before);
    // Escape takes the marks away.
    await garden.keyboard.press("Escape");
    expect(await garden.evaluate(() => CSS.highlights.size)).toBe(0);

    await second.getByRole("button", { name: "Clear the search" }).click();
    await second.locator("#forget-all").click();
    await second.getByRole("button", { name: "Forget 3 pages" }).click();
    await expect(panel.locator("#query")).toHaveValue("how do I water vegetables?");
    await expect(hits(panel)).toHaveCount(0);
  });

  test("bookmarked pages are fetched without running anything, and what fails has its reason", async ({
    extension,
    launch,
    web,
  }) => {
    const bookmarks = {
      Tides: web.put(
        "/tides",
        `<!doctype html><title>Tides</title><script>fetch("/ran")</script><img src="/picture.png"><nav>Menu</nav>${TIDES}`,
      ),
      Gone: web.put("/gone", "<p>gone</p>", "text/html", 404),
      Paper: web.put("/paper.pdf", Buffer.from("%PDF-1.4"), "application/pdf"),
      Blank: web.put("/blank", "<!doctype html><title>Blank</title>"),
      Huge: web.put("/huge", `<p>${"word ".repeat(1_700_000)}</p>`),
      Nowhere: "http://localhost:9/",
      Settings: "chrome://settings/",
    };
    const context = await launch(extension);
    const panel = await openPanel(context, extension);
    await panel.evaluate(async (all) => {
      for (const [title, url] of Object.entries(all)) await chrome.bookmarks.create({ title, url });
    }, bookmarks);
    await panel.getByRole("button", { name: "Bookmarked pages…" }).click();
    await expect(panel.locator("#sure-title")).toHaveText("Fetch 6 bookmarked pages?");
    await panel.getByRole("button", { name: "Fetch and remember" }).click();
    await settle(panel, 1);
    await panel.locator("#troubles-title").click();
    await expect(panel.locator("#troubles-title")).toHaveText("5 pages could not be remembered");
    const reasonOf = (title: string) =>
      panel.locator("#troubles-list li").filter({ hasText: title });
    await expect(reasonOf("Gone")).toContainText("The site refused");
    await expect(reasonOf("Paper")).toContainText("no page of text");
    await expect(reasonOf("Blank")).toContainText("no text in it");
    await expect(reasonOf("Huge")).toContainText("larger than 8 MB");
    await expect(reasonOf("Nowhere")).toContainText("could not be fetched");
    await ask(panel, "why is the sea late?");
    await expect(hits(panel).first()).toContainText("fifty minutes later");
    await expect(panel.locator("#hits")).not.toContainText("Menu");
    expect(web.asked.toSorted()).toEqual(["/blank", "/gone", "/huge", "/paper.pdf", "/tides"]);

    await panel.getByRole("button", { name: "Clear the search" }).click();
    await panel.getByRole("button", { name: "Dismiss all" }).click();
    await expect(panel.locator("#troubles")).toBeHidden();
    await expect(panel.locator("#shelf-title")).toHaveText("1 page of 1 site");
  });

  test("a page, a site and everything can be forgotten, and no trace of the text stays", async ({
    extension,
    launch,
    web,
  }) => {
    const context = await launch(extension);
    const page = await context.newPage();
    const panel = await openPanel(context, extension);
    for (const [path, title, body] of [
      ["/tides", "Tides", TIDES],
      ["/taxes", "Taxes", TAXES],
      ["/garden", "Garden", GARDEN],
    ] as const) {
      await page.goto(web.putPage(path, title, body));
      await page.bringToFront();
      await expect(panel.locator("#now-page")).toHaveText(title);
      await panel.getByRole("button", { name: "Remember this tab" }).click();
      await expect(panel.locator("#now-state")).toContainText("Remembered");
    }
    await settle(panel, 3);
    expect(await placesOf(panel, "Tomatoes")).not.toEqual([]);
    await panel.locator("#sites summary").click();
    await panel.getByRole("button", { name: "Forget Garden" }).click();
    await panel.getByRole("button", { name: "Keep it" }).click();
    await settle(panel, 3);
    await panel.getByRole("button", { name: "Forget Garden" }).click();
    await panel.getByRole("button", { name: "Forget it" }).click();
    await settle(panel, 2);
    await expect.poll(() => placesOf(panel, "Tomatoes")).toEqual([]);
    await ask(panel, "watering tomatoes");
    await expect(panel.locator("#hits")).not.toContainText("Tomatoes");
    await panel.getByRole("button", { name: "Clear the search" }).click();

    await panel.getByRole("button", { name: /^Forget localhost/ }).click();
    await panel.getByRole("button", { name: "Forget 2 pages" }).click();
    await expect(panel.locator("#news")).toContainText("is forgotten: 2 pages.");
    await expect(panel.locator("#empty")).toBeVisible();
    await expect.poll(() => placesOf(panel, "fifty minutes")).toEqual([]);
    await expect.poll(() => placesOf(panel, "twenty-first kilometre")).toEqual([]);
  });

  test("a browser that is killed while pages wait goes on with them", async ({
    extension,
    launch,
    profile,
    web,
  }) => {
    let context = await launch(extension);
    for (let at = 0; at < 6; at++) {
      const long = `<p>${`Chapter ${at} is about the harbour of a small town and its boats. `.repeat(4)}</p>`;
      const page = await context.newPage();
      await page.goto(web.putPage(`/${at}`, `Harbour ${at}`, `<h1>Harbour</h1>${long.repeat(30)}`));
    }
    let panel = await openPanel(context, extension);
    await panel.getByRole("button", { name: "All tabs" }).click();
    await expect(panel.locator("#progress")).toBeVisible();
    await expect(panel.locator("#progress-text")).toContainText(/[2-5] of 6/);
    await endServiceWorker(panel, extension);
    await profile.kill();
    context = await launch(extension);
    panel = await openPanel(context, extension);
    await settle(panel, 6);
    await ask(panel, "boats in a harbour");
    await expect(hits(panel).first()).toContainText("harbour");
  });

  test("everything can be done with the keyboard", async ({ extension, launch, web }) => {
    const context = await launch(extension);
    const page = await context.newPage();
    await page.goto(web.putPage("/tides", "Tides", TIDES));
    const panel = await openPanel(context, extension);
    await panel.bringToFront();
    await reach(panel, "#remember");
    await panel.keyboard.press("Enter");
    await settle(panel, 1);
    await panel.keyboard.press("/");
    await expect(panel.locator("#query")).toBeFocused();
    await panel.keyboard.type("why is the sea late?");
    await expect(panel.locator("#hits")).toHaveAttribute("data-question", "why is the sea late?");
    await panel.keyboard.press("ArrowDown");
    await expect(panel.locator("#query")).toHaveAttribute("aria-activedescendant", "hit-0");
    await panel.keyboard.press("Enter");
    expect(await markedIn(page)).toContain("fifty minutes later");
    await panel.bringToFront();
    await panel.keyboard.press("Escape");
    await expect(panel.locator("#query")).toHaveValue("");
    for (const id of ["#remember", "#remember-all", "#remember-bookmarks", "#own-tab", "#theme"]) {
      await reach(panel, id);
    }
    await reach(panel, "#sites summary");
    await panel.keyboard.press("Enter");
    await reach(panel, ".page-open");
    await reach(panel, '[aria-label="Forget Tides"]');
    await panel.keyboard.press("Enter");
    await expect(panel.locator("#sure-no")).toBeFocused();
    await panel.keyboard.press("Escape");
    await settle(panel, 1);
    await reach(panel, "#forget-all");
    await panel.keyboard.press("Enter");
    await panel.keyboard.press("Tab");
    await panel.keyboard.press("Enter");
    await expect(panel.locator("#empty")).toBeVisible();
  });

  test("a page of five megabytes, and one that never rests, are read", async ({
    extension,
    launch,
    web,
  }) => {
    const long = `<p>${"Sand and stone and sand again, as far as one can see. ".repeat(10)}</p>`;
    const context = await launch(extension);
    const restless = await context.newPage();
    await restless.goto(
      web.putPage(
        "/restless",
        "Restless",
        `${TIDES}<div id="x"></div><script>setInterval(() => { x.textContent = Math.random(); }, 10)</script>`,
      ),
    );
    const panel = await openPanel(context, extension);
    await panel.getByRole("button", { name: "Remember this tab" }).click();
    await settle(panel, 1);
    const huge = await context.newPage();
    await huge.goto(web.putPage("/huge", "Huge", `<h1>Desert</h1>${long.repeat(9_300)}`));
    await panel.getByRole("button", { name: "Remember this tab" }).click();
    await expect(panel.locator("#shelf-title")).toContainText("2 pages");
    await expect(panel.locator("#progress-text")).toContainText("Huge");
    await ask(panel, "why is the sea late?");
    await hits(panel).first().click();
    expect(await markedIn(restless)).toContain("fifty minutes later");
    await panel.getByRole("button", { name: "Stop" }).click();
    await settle(panel, 1);
  });
});

/** Presses Tab until the focus is where it should be. */
async function reach(panel: Page, selector: string): Promise<void> {
  const most = 40;
  for (let pressed = 0; pressed < most; pressed++) {
    if (await panel.locator(selector).evaluate((one) => one === document.activeElement)) return;
    await panel.keyboard.press("Tab");
  }
  throw new Error(`the Tab key does not lead to ${selector}`);
}

/** Where in all that the extension has stored these words stand. */
async function placesOf(panel: Page, words: string): Promise<readonly string[]> {
  return panel.evaluate(async (wanted) => {
    const places: string[] = [];
    const bytes = new TextEncoder().encode(wanted);
    const contains = (found: Uint8Array) =>
      found.some((_, at) => bytes.every((byte, offset) => found[at + offset] === byte));
    const look = async (value: unknown, place: string): Promise<void> => {
      if (typeof value === "string" && value.includes(wanted)) places.push(place);
      else if (value instanceof Blob) await look(await value.arrayBuffer(), place);
      else if (value instanceof ArrayBuffer) await look(new Uint8Array(value), place);
      else if (value instanceof Uint8Array) {
        if (contains(value)) places.push(place);
      } else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
        for (const inner of Object.values(value)) await look(inner, place);
      }
    };
    const settled = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.addEventListener("success", () => resolve(request.result));
        request.addEventListener("error", () => reject(request.error));
      });
    for (const { name = "" } of await indexedDB.databases()) {
      const database = await settled(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const all = await settled(database.transaction(store).objectStore(store).getAll());
        for (const value of all) await look(value, `${name}/${store}`);
      }
      database.close();
    }
    return places;
  }, words);
}
