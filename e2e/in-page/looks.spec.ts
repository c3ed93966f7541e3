import { join } from "node:path";
import { EXTENDED } from "../harness/fixtures.ts";
import { violations } from "../harness/accessibility.ts";
import { ask, expect, openBar, pageOf, READING_MS, test, untilRead } from "./visit.ts";
import type { Page } from "@playwright/test";

const SIZES = { wide: { width: 980, height: 620 }, narrow: { width: 380, height: 760 } } as const;

for (const colorScheme of ["light", "dark"] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test(
      `${size} and ${colorScheme}: every state is accessible and nothing sticks out`,
      EXTENDED,
      async ({ page, stand }, info) => {
        test.setTimeout(READING_MS);
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const look = async (state: string) => {
          const path = join(
            info.project.outputDir,
            `in-page-looks/${size}-${colorScheme}-${state}.png`,
          );
          await page.screenshot({ path });
          expect(await violations(page), `${state}: accessibility`).toEqual([]);
          const beyond = await widthBeyond(page);
          expect(beyond, `${state}: pixels beyond the right edge`).toBeLessThanOrEqual(0);
        };
        await page.goto(`${stand.app}/`);
        await look("page");
        await openBar(page);
        await look("reading");
        await untilRead(page);
        await look("empty");
        await ask(page, "what leaves my machine?");
        await look("answers");
        await page.keyboard.press("ArrowDown");
        await look("second");
        await ask(page, "zebra crossing qualifications of mediaeval emperors");
        await look("nothing");
        await page.keyboard.press("Escape");

        await page.goto(stand.put("/blank", { html: pageOf("<main><h1></h1></main>") }));
        await openBar(page);
        await untilRead(page);
        await expect(page.locator("nearfield-find .state")).toContainText("no text");
        await page.screenshot({
          path: join(info.project.outputDir, `in-page-looks/${size}-${colorScheme}-blank.png`),
        });
        const policy = "script-src 'self'; worker-src 'none'";
        const html = pageOf("<main><h1>Bank</h1><p>Your account.</p></main>");
        await page.goto(stand.put("/bank", { html, policy }));
        await openBar(page);
        await expect(page.locator("nearfield-find .trouble")).toBeVisible();
        await look("trouble");
      },
    );
  }
}

function widthBeyond(page: Page): Promise<number> {
  return page.evaluate(() => {
    const bar = document.querySelector("nearfield-find")?.getBoundingClientRect().right ?? 0;
    return Math.max(document.documentElement.scrollWidth, bar) - innerWidth;
  });
}
