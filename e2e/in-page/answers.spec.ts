import type { Page } from "@playwright/test";
import { EXTENDED } from "../harness/fixtures.ts";
import { browserOf, traceMainThreads } from "../harness/main-thread.ts";
import { SHAPES } from "./questions.ts";
import { ask, currentOf, expect, pageOf, READING_MS, test, untilRead } from "./visit.ts";

/** What a person notices as a stutter, and the Long Tasks specification as a long task. */
const LONG_TASK_MS = 50;

const KEY_EVERY_MS = 100;

/** Of ten questions on a page: how many have the right passage first. */
const LEAST_RIGHT = 9;

for (const { name, body, questions } of SHAPES) {
  test(
    `${name}: the right passage is first for nine of ten questions, and reading it never holds the page up`,
    EXTENDED,
    async ({ page, stand }) => {
      test.setTimeout(2 * READING_MS);
      const html = pageOf(await body(), { script: "/nearfield/in-page.js?later" });
      await page.goto(stand.put("/shape", { html }));
      await page.waitForFunction(() => "nearfieldInPage" in globalThis);
      // Looking for elements by their roles would be work of the page's own thread, too.
      await page.keyboard.press("Alt+Shift+KeyF");
      await page.waitForFunction(() => document.querySelector("nearfield-find") !== null);
      // What comes before is the browser's: the page's parsing, and the first picture of it with the bar.
      await page.evaluate(async () => {
        for (const _ of [1, 2]) await new Promise((resolve) => requestAnimationFrame(resolve));
      });
      const traced = await traceMainThreads(browserOf(page.context()), page);
      await watchDelays(page);
      do {
        await page.keyboard.press("Shift");
        await page.waitForTimeout(KEY_EVERY_MS);
      } while (await isReading(page));
      const tasks = await traced();
      const { delays, longTasks } = await page.evaluate(
        () => (globalThis as unknown as { seen: Delays }).seen,
      );
      await untilRead(page);
      const wrong: string[] = [];
      for (const [question, answer] of questions) {
        await ask(page, question);
        const current = await currentOf(page);
        if (!answer.test(current)) wrong.push(`${question} → ${current.slice(0, 90)}`);
      }
      const sorted = delays.toSorted((a, b) => a - b);
      console.log(
        `${name}: ${questions.length - wrong.length} of ${questions.length} right${wrong.map((line) => `\n  not ${line}`).join("")}\n` +
          `  ${sorted.length} keys while it was read: delay median ${sorted[sorted.length >> 1]?.toFixed(1)} ms, longest ${sorted.at(-1)?.toFixed(1)} ms, ` +
          `${sorted.filter((delay) => delay > LONG_TASK_MS).length} above ${LONG_TASK_MS} ms; ${longTasks} long tasks by the clock; ` +
          `longest task ${tasks.longestCpuMs.toFixed(0)} ms of processor, ${tasks.longestMs.toFixed(0)} ms by the clock`,
      );
      expect(questions.length - wrong.length, wrong.join("\n")).toBeGreaterThanOrEqual(LEAST_RIGHT);
      // By the clock a key also waits because other programs had the cores: what the page did is the processor's time.
      expect(tasks.longestCpuMs).toBeLessThanOrEqual(LONG_TASK_MS);
    },
  );
}

/** What the page has seen since it was asked to look. */
interface Delays {
  /** From each key to the first listener, in milliseconds. */
  readonly delays: number[];
  longTasks: number;
}

/** Has the page note what it sees of real keys, and of tasks that the browser calls long. */
function watchDelays(page: Page): Promise<void> {
  return page.evaluate(() => {
    const seen: Delays = { delays: [], longTasks: 0 };
    Object.assign(globalThis, { seen });
    addEventListener("keydown", (event) => seen.delays.push(performance.now() - event.timeStamp), {
      capture: true,
    });
    new PerformanceObserver((list) => (seen.longTasks += list.getEntries().length)).observe({
      type: "longtask",
    });
  });
}

function isReading(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const { shadowRoot } = document.querySelector("nearfield-find") ?? {};
    return shadowRoot?.querySelector("progress")?.hidden === false;
  });
}
