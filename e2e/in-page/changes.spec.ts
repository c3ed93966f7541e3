import { EXTENDED } from "../harness/fixtures.ts";
import { browserOf, traceMainThreads } from "../harness/main-thread.ts";
import { ask, expect, marked, openBar, pageOf, READING_MS, test, untilRead } from "./visit.ts";

const LONG_TASK_MS = 50;

test(
  "a text that comes later is found, one that goes is not, and marks move with what is drawn anew",
  EXTENDED,
  async ({ page, stand }) => {
    const html = pageOf(`<main><h1>Log</h1><p>The pump in the cellar was repaired.</p></main>`);
    await page.goto(stand.put("/changes", { html }));
    await openBar(page);
    await untilRead(page);
    await ask(page, "water machine below the house");
    expect((await marked(page)).current.join()).toContain("pump in the cellar");
    await page.evaluate(() => {
      document
        .querySelector("main")
        ?.insertAdjacentHTML("beforeend", "<h2>Roof</h2><p>Two slates fell down in the storm.</p>");
    });
    await page.getByRole("searchbox").fill("damage by wind");
    await expect
      .poll(async () => (await marked(page)).current.join(), { timeout: READING_MS })
      .toContain("slates fell down");
    // The same words in new nodes: another body, as some apps put one in place of the first.
    await page.evaluate(() => {
      const body = document.createElement("body");
      body.innerHTML = document.body.innerHTML;
      document.body.replaceWith(body);
    });
    await expect
      .poll(async () => (await marked(page)).current.join(), { timeout: READING_MS })
      .toContain("slates fell down");
    await page.evaluate(() => document.querySelector("h2 + p")?.remove());
    await expect
      .poll(async () => JSON.stringify(await marked(page)), { timeout: READING_MS })
      .not.toContain("slates");
  },
);

test("components with shadow trees are read, and followed", EXTENDED, async ({ page, stand }) => {
  const html =
    pageOf(`<main><h1>Parts</h1><x-card>Given to the slot: a kettle whistles.</x-card></main>
      <script>customElements.define("x-card", class extends HTMLElement {
        connectedCallback() {
          this.attachShadow({ mode: "open" }).innerHTML =
            "<h2>Inside</h2><p id=own>The lamp in the shadow is lit.</p><slot></slot>";
        }
      });</script>`);
  await page.goto(stand.put("/shadow", { html }));
  await openBar(page);
  await untilRead(page);
  await ask(page, "which lamp is lit?");
  expect((await marked(page)).current.join()).toContain("lamp in the shadow");
  await ask(page, "it makes a noise when the tea water boils");
  expect((await marked(page)).current.join()).toContain("kettle whistles");
  await page.evaluate(() => {
    const own = document.querySelector("x-card")?.shadowRoot?.querySelector("#own");
    if (own) own.textContent = "An owl sits on the beam.";
  });
  await page.getByRole("searchbox").fill("a bird");
  await expect
    .poll(async () => (await marked(page)).current.join(), { timeout: READING_MS })
    .toContain("owl sits");
});

test(
  "a page of 5 MB that changes a hundred times a second is never held up, and can be asked while it is read",
  EXTENDED,
  async ({ page, stand }) => {
    test.setTimeout(READING_MS);
    const words = ["river", "stone", "letter", "winter", "garden", "iron", "window", "market"];
    let state = 1;
    const next = () => words[(state = (state * 48_271) % 2_147_483_647) % words.length];
    const paragraphs: string[] = [
      `<h1>Big</h1><p id="clock">0</p><p>The baker sells warm rolls at dawn.</p>`,
    ];
    let length = 0;
    while (length < 5_000_000) {
      const text = Array.from({ length: 80 }, next).join(" ");
      paragraphs.push(`${length % 7 === 0 ? "<h2>Part</h2>" : ""}<p>${text}.</p>`);
      length += text.length;
    }
    // And one text of a megabyte, of which every line can be found.
    const lines = Array.from({ length: 12_000 }, (_, at) => `${next()} ${next()} ${at} ${next()}`);
    paragraphs.push(`<pre>${lines.join("\n").padEnd(1_000_000, " ferry")}</pre>`);
    const html = pageOf(
      `<main>${paragraphs.join("")}</main><script>
        let ticks = 0;
        setInterval(() => { document.querySelector("#clock").textContent = ++ticks; }, 10);
      </script>`,
      { script: "/nearfield/in-page.js?later" },
    );
    await page.goto(stand.put("/big", { html }));
    await page.waitForFunction(() => "nearfieldInPage" in globalThis);
    // What the page costs by itself: its clock alone has all of it laid out a hundred times a second.
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
    const tracedBefore = await traceMainThreads(browserOf(page.context()), page);
    const ticks = () => page.evaluate(() => Number(document.getElementById("clock")?.textContent));
    const from = await ticks();
    await expect.poll(ticks).toBeGreaterThan(from + 50);
    const before = await tracedBefore();
    // Looking for elements by their roles would be work of the page's own thread, too.
    await page.keyboard.press("Alt+Shift+KeyF");
    await page.waitForFunction(() => document.querySelector("nearfield-find") !== null);
    // The first picture of the page with the bar is the browser's.
    await page.evaluate(async () => {
      for (const _ of [1, 2]) await new Promise((resolve) => requestAnimationFrame(resolve));
    });
    const traced = await traceMainThreads(browserOf(page.context()), page);
    await page.keyboard.type("fresh bread in the morning");
    await expect
      .poll(async () => (await marked(page)).current.join(), { timeout: READING_MS })
      .toContain("baker sells warm rolls");
    const tasks = await traced();
    console.log(
      `5 MB: the longest task ${tasks.longestOwnCpuMs.toFixed(0)} ms of processor, ${tasks.longestCpuMs.toFixed(0)} ms with the browser's garbage collection, ${tasks.longestMs.toFixed(0)} ms by the clock; ` +
        `before it was read ${before.longestOwnCpuMs.toFixed(0)} ms and ${before.longestMs.toFixed(0)} ms`,
    );
    // The page lays itself out in tasks of its own, in which ours can fall.
    expect(tasks.longestOwnCpuMs).toBeLessThanOrEqual(before.longestOwnCpuMs + LONG_TASK_MS);
  },
);
