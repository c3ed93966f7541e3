import { violations } from "../harness/accessibility.ts";
import { EXTENDED } from "../harness/fixtures.ts";
import { ask, expect, isInView, marked, openBar, pageOf, test, untilRead } from "./visit.ts";

const GAP = `<div style="height: 150vh"></div>`;

/** A small handbook, longer than the window, with parts that nobody reads. */
const HANDBOOK = `
  <nav><a href="#refunds">All about getting your money back</a></nav>
  <main>
    <h1>Handbook</h1>
    <p>Welcome to the shop.</p>
    <h2>Opening hours</h2><p id="hours">The doors are open from nine to six, and closed on Sundays.</p>
    ${GAP}
    <h2>Refunds</h2><p>We pay the sum back to your card within five working days.</p>
    ${GAP}
    <h2>Parcels</h2><p>What you have bought leaves the warehouse on the day after the order.</p>
    <table><tr><th>Country</th><th>Days</th></tr><tr><td>Norway</td><td>4</td></tr><tr><td>Japan</td><td>9</td></tr></table>
    <h2>For developers</h2><pre><code>const order = await shop.order(id);\nawait order.cancel();</code></pre>
    <p hidden>The secret word is swordfish.</p>
    <p style="display: none">The other secret word is halibut.</p>
    <label>Note <input id="note"></label>
  </main>`;

test("opened with the shortcut, a question finds the passage, marks it and scrolls to it; arrows go on, Escape leaves the page as it was", async ({
  page,
  stand,
}) => {
  const html = pageOf(HANDBOOK);
  await page.goto(stand.put("/", { html }));
  const before = await page.evaluate(() => {
    getSelection()?.selectAllChildren(document.querySelector("#hours") as Element);
    const seen = { mutations: 0 };
    new MutationObserver((records) => (seen.mutations += records.length)).observe(document.body, {
      subtree: true,
      childList: true,
      attributes: true,
      characterData: true,
    });
    Object.assign(globalThis, { seen });
    return document.documentElement.outerHTML;
  });
  await openBar(page);
  await ask(page, "how do I get my money back?");
  await untilRead(page);
  await ask(page, "how do I get my money back?");
  const { current } = await marked(page);
  expect(current.join()).toContain("back to your card within five working days");
  expect(await isInView(page)).toBe(true);
  expect(await violations(page)).toEqual([]);

  // Several passages have to do with this.
  await ask(page, "how many days?");
  const first = await marked(page);
  expect(first.found.length).toBeGreaterThan(0);
  await page.keyboard.press("ArrowDown");
  await expect(page.locator("nearfield-find .count")).toContainText(/^2 of \d/);
  const second = await marked(page);
  expect(second.current).not.toEqual(first.current);
  expect(second.found).toContain(first.current[0]);
  expect(await isInView(page)).toBe(true);

  await page.keyboard.press("Escape");
  await expect(page.locator("nearfield-find")).toHaveCount(0);
  const after = await page.evaluate(() => ({
    html: document.documentElement.outerHTML,
    selected: String(getSelection()),
    highlights: CSS.highlights.size,
    sheets: document.adoptedStyleSheets.length,
    ...(globalThis as unknown as { seen: { mutations: number } }).seen,
  }));
  expect(after).toEqual({
    html: before,
    selected: "The doors are open from nine to six, and closed on Sundays.",
    highlights: 0,
    sheets: 0,
    mutations: 0,
  });
});

test(
  "what a reader does not see is not found; tables and code are found whole",
  EXTENDED,
  async ({ page, stand }) => {
    await page.goto(stand.put("/parts", { html: pageOf(HANDBOOK) }));
    await openBar(page);
    await untilRead(page);
    const all = async (question: string) => {
      await ask(page, question);
      const { current, found } = await marked(page);
      return [...current, ...found].join(" | ");
    };
    for (const question of ["secret word swordfish halibut", "all about getting your money back"]) {
      // Not what is painted: a range reaches over hidden elements, of which nothing is painted.
      await ask(page, question);
      const text = (await page.locator("nearfield-find ol").textContent()) ?? "";
      expect(text).not.toContain("secret");
      expect(text).not.toContain("All about");
    }
    const table = await all("how long does delivery to Norway take?");
    expect(table).toMatch(/Norway\s*4\s*Japan\s*9/);
    const code = await all("cancel an order with the API");
    expect(code).toContain("const order = await shop.order(id); await order.cancel();");
  },
);

test(
  "by keyboard alone: every button can be reached, keys do not reach the page, and the focus goes back to where it was",
  EXTENDED,
  async ({ page, stand }) => {
    await page.goto(stand.put("/keys", { html: pageOf(HANDBOOK) }));
    await page.evaluate(() => {
      const heard: string[] = [];
      Object.assign(globalThis, { heard });
      for (const type of ["keydown", "keyup", "input"]) {
        document.addEventListener(type, (event) => {
          heard.push(`${type} ${event instanceof KeyboardEvent ? event.key : ""}`);
        });
      }
    });
    const note = page.locator("#note");
    await note.fill("kept");
    await note.evaluate((input: HTMLInputElement) => input.setSelectionRange(1, 3));
    await openBar(page);
    await untilRead(page);
    await page.evaluate(() => ((globalThis as unknown as { heard: string[] }).heard.length = 0));
    await page.keyboard.type("when is it closed");
    await expect(page.locator("nearfield-find search")).toHaveAttribute(
      "data-answered",
      "when is it closed",
    );
    const first = (await marked(page)).current;
    expect(first.join()).toContain("closed on Sundays");
    await page.keyboard.press("Enter");
    const second = (await marked(page)).current;
    expect(second).not.toEqual(first);
    await page.keyboard.press("Shift+Enter");
    expect((await marked(page)).current).toEqual(first);
    for (const name of ["Previous answer", "Next answer", "Close"]) {
      await page.keyboard.press("Tab");
      await expect(page.getByRole("button", { name, exact: true })).toBeFocused();
    }
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect((await marked(page)).current).toEqual(second);
    await page.keyboard.press("Escape");
    await expect(note).toBeFocused();
    expect(await note.evaluate((input: HTMLInputElement) => input.selectionStart)).toBe(1);
    const heard = await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
    // The bar is gone when the key that closed it comes up.
    expect(heard).toEqual(["keyup Escape"]);
  },
);

test(
  "nothing about the page is stored, unless asked; then the next visit reads nothing again",
  EXTENDED,
  async ({ page, stand }) => {
    const names = () =>
      page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name ?? ""));
    await page.goto(stand.put("/memory", { html: pageOf(HANDBOOK) }));
    await openBar(page);
    await untilRead(page);
    await ask(page, "money back");
    expect((await names()).filter((name) => name.includes("in-page"))).toEqual([]);

    const script = "/nearfield/in-page.js?keep";
    const kept = stand.put("/kept", { html: pageOf(HANDBOOK, { script }) });
    await page.goto(kept);
    await openBar(page);
    await untilRead(page);
    expect((await names()).some((name) => name.includes("in-page"))).toBe(true);
    // Another version of the page: what it no longer says must not be found.
    const changed = HANDBOOK.replace("We pay the sum back to your card", "Vouchers are given");
    stand.put("/kept", { html: pageOf(changed, { script }) });
    await page.goto(kept);
    await openBar(page);
    await untilRead(page);
    await ask(page, "money back");
    const { current, found } = await marked(page);
    expect([...current, ...found].join()).toContain("Vouchers are given");
    expect([...current, ...found].join()).not.toContain("your card");
  },
);

test(
  "once the page is read, the worker that read it goes, and questions are still answered",
  EXTENDED,
  async ({ page, stand }) => {
    await page.goto(stand.put("/idle", { html: pageOf(HANDBOOK) }));
    await openBar(page);
    await untilRead(page);
    await ask(page, "how do I get my money back?");
    expect(page.workers()).toHaveLength(3);
    // Half a minute without work is the time that it is kept.
    await expect.poll(() => page.workers().length, { timeout: 180_000 }).toBe(2);
    await ask(page, "when is it closed?");
    expect((await marked(page)).current.join()).toContain("closed on Sundays");
    expect(page.workers()).toHaveLength(2);
  },
);
