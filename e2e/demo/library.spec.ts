import { EXTENDED } from "../harness/fixtures.ts";
import { ask, expect, test } from "./visit.ts";

/** What a person notices as a stutter, and the Long Tasks specification as a long task. */
const LONG_TASK_MS = 50;

test("a first visit reads the library with progress, answers meanwhile and never makes the page stutter", ({
  shared,
}) => {
  const { counts, answers, tasks } = shared.first;
  const passages = counts.flatMap((text) => / (\d[\d,]*) passages/.exec(text)?.[1] ?? []);
  const numbers = passages.map((text) => Number(text.replaceAll(",", "")));
  console.log(
    `${numbers.at(-1)} passages, ${counts.length} reports; ${tasks.tasks} tasks of the page, ` +
      `the longest ${tasks.longestCpuMs.toFixed(0)} ms of processor, ${tasks.longestMs.toFixed(0)} ms by the clock`,
  );
  expect(numbers.at(-1)).toBeGreaterThanOrEqual(300);
  expect(numbers.at(-1)).toBeLessThanOrEqual(600);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(counts.some((text) => text.includes("left"))).toBe(true);
  expect(Math.min(...answers)).toBeGreaterThan(0);
  expect(tasks.tasks).toBeGreaterThan(answers.length);
  expect(tasks.longestCpuMs).toBeGreaterThan(0);
  expect(tasks.longestCpuMs).toBeLessThanOrEqual(LONG_TASK_MS);
});

test("opening a hit shows the whole document with exactly the passage marked, in view", async ({
  page,
  shared,
}) => {
  const documents = await shared.stand.readCorpus();
  for (const question of [
    "store data in the browser",
    "which versions does a caret range allow",
    "make an image smaller",
  ]) {
    await ask(page, question);
    const count = Math.min(5, await page.getByRole("option").count());
    for (let at = 0; at < count; at++) {
      const option = page.getByRole("option").nth(at);
      const place = await option.evaluate(({ dataset }) =>
        Object.fromEntries(Object.entries(dataset)),
      );
      await option.click();
      const source = documents.find(({ id }) => id === place["document"])?.text ?? "";
      const prose = page.locator("#reader .prose");
      expect(await prose.evaluate((element) => element.textContent)).toBe(source);
      const marked = await prose
        .locator("mark")
        .evaluateAll((marks) => marks.map((mark) => mark.textContent).join(""));
      expect(marked).toBe(source.slice(Number(place["start"]), Number(place["end"])));
      expect(marked.trim()).not.toBe("");
      await expect(prose.locator("mark:visible").first()).toBeInViewport();
      await page.keyboard.press("Escape");
      await expect(page.getByRole("combobox")).toBeFocused();
    }
  }
});

test("how an answer came about is shown to whoever asks, stage by stage", async ({ page }) => {
  await ask(page, "make an image smaller");
  const lines = page.locator("#how-stages li");
  await expect(lines.first()).toBeHidden();
  await page.locator("#how summary").click();
  await expect(lines).toHaveText([
    /^By words after [\d.]+ ms: \d+ shown, \d+ by words/,
    /^By words and meaning after [\d.]+ ms: \d+ shown, .*\d+ weighed.*model [\d.]+ ms/,
  ]);
});

test("a reload reads nothing again, and finds the same", async ({ page, shared }) => {
  await ask(page, "store data in the browser");
  const before = await page.getByRole("option").allTextContents();
  const { length } = shared.requests;
  await page.reload();
  await expect(page.locator("body")).toHaveAttribute("data-library", "kept");
  await expect(page.locator("#progress")).toBeHidden();
  await ask(page, "store data in the browser");
  expect(await page.getByRole("option").allTextContents()).toEqual(before);
  const asked = shared.requests.slice(length);
  expect(asked.filter((url) => url.includes("corpus-"))).toEqual([]);
  await expect(page.locator("#status-line")).toContainText("passages");
});

test("the foot of the page says on which device it runs and why not on another", async ({
  page,
}) => {
  await ask(page, "anything");
  await expect(page.locator("#status-line")).toContainText("WASM");
  await page.locator("#status-line").click();
  const more = page.locator("#status-more");
  await expect(more).toContainText("Not on WebGPU");
  await expect(more).toContainText("nearfield-pocket");
  await page.keyboard.press("Escape");
  await expect(more).toBeHidden();
});

test("by keyboard alone: ask, choose, open, go back, ask anew", async ({ page }) => {
  const box = page.getByRole("combobox");
  await expect(box).toBeFocused();
  const question = "reproducible random numbers";
  await page.keyboard.type(question);
  // Its own last answer, and none to what was typed of it before.
  await expect(page.locator("#hits")).toHaveAttribute("data-question", question);
  await expect(page.locator("#summary")).toContainText("nearest");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowDown");
  const second = page.getByRole("option").nth(1);
  await expect(second).toHaveAttribute("aria-selected", "true");
  await expect(box).toHaveAttribute(
    "aria-activedescendant",
    (await second.getAttribute("id")) ?? "none",
  );
  await page.keyboard.press("Enter");
  await expect(page.locator("#reader")).toBeFocused();
  const scrolled = () => page.locator(".side").evaluate((side) => side.scrollTop + scrollY);
  const before = await scrolled();
  await page.keyboard.press("PageDown");
  await expect.poll(scrolled).not.toBe(before);
  await page.keyboard.press("Escape");
  await expect(page.locator("#reader")).toBeHidden();
  await expect(box).toBeFocused();
  await expect(second).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Escape");
  await expect(box).toHaveValue("");
  await page.keyboard.press("Tab");
  await expect(box).not.toBeFocused();
  await page.keyboard.press("/");
  await expect(box).toBeFocused();
  await expect(box).toHaveValue("");
});

test("the browser's own way back closes the document", EXTENDED, async ({ page }) => {
  await ask(page, "compare two versions");
  await page.getByRole("option").first().click();
  await expect(page.locator("#reader")).toBeVisible();
  await page.goBack();
  await expect(page.locator("#reader")).toBeHidden();
  await expect(page.getByRole("option").first()).toBeVisible();
});

test("of answers that overtake one another only the one to the last question is shown", async ({
  page,
}) => {
  const box = page.getByRole("combobox");
  for (const length of [3, 6, 9, 12, 15, 18])
    await box.fill("semantic version ranges".slice(0, length));
  await ask(page, "random numbers with a seed");
  const expected = await page.getByRole("option").first().textContent();
  await page.waitForTimeout(500);
  expect(await page.getByRole("option").first().textContent()).toBe(expected);
  await box.fill("   ");
  await expect(page.getByRole("option")).toHaveCount(0);
  await expect(page.locator("#suggestions")).toBeVisible();
});
