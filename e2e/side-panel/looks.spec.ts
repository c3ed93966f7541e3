import { EXTENDED } from "../harness/fixtures.ts";
import { violations } from "../harness/accessibility.ts";
import { ask, expect, hits, openPanel, settle, shotPath, test } from "./visit.ts";
import { SHELF } from "./shelf-pages.ts";

const SIZES = {
  narrow: { width: 320, height: 720 },
  usual: { width: 400, height: 820 },
  wide: { width: 1100, height: 820 },
} as const;

for (const colorScheme of ["light", "dark"] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test(
      `${size} and ${colorScheme}: every state of the side panel is accessible and nothing sticks out`,
      EXTENDED,
      async ({ extension, launch, web }, info) => {
        test.setTimeout(600_000);
        const context = await launch(extension);
        const panel = await openPanel(context, extension);
        await panel.setViewportSize(viewport);
        await panel.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const look = async (state: string) => {
          const path = shotPath(info.project.outputDir, `${size}-${colorScheme}-${state}`);
          await panel.screenshot({ path });
          expect.soft(await violations(panel), `${state}: accessibility`).toEqual([]);
          const beyond = await panel.evaluate(
            () => document.documentElement.scrollWidth - innerWidth,
          );
          expect.soft(beyond, `${state}: pixels beyond the right edge`).toBeLessThanOrEqual(0);
        };
        await look("empty");
        await panel.evaluate(
          async (pages) => {
            for (const { title, url } of pages) await chrome.bookmarks.create({ title, url });
          },
          [
            ...SHELF.map(({ site, path, title, body }) => {
              web.putPage(path, title, body);
              return { title, url: site + path };
            }),
            { title: "A page that moved away", url: "http://travel.example/moved" },
          ],
        );
        await panel.getByRole("button", { name: "Bookmarked pages…" }).click();
        await look("sure");
        await panel.getByRole("button", { name: "Fetch and remember" }).click();
        await expect(panel.locator("#progress")).toBeVisible();
        await look("reading");
        await settle(panel, SHELF.length);
        const page = await context.newPage();
        await page.goto(`${SHELF[0]?.site}${SHELF[0]?.path}`);
        await panel.bringToFront();
        await expect(panel.locator("#now-state")).toContainText("Remembered");
        await look("home");
        await panel.locator("#troubles-title").click();
        await panel.locator("#sites summary").first().click();
        await look("open");
        await panel.getByRole("button", { name: /^Forget \w+\.example/ }).click();
        await look("forget");
        await panel.keyboard.press("Escape");
        await ask(panel, "how long should the dough rest?");
        await expect(hits(panel).first()).toBeVisible();
        await panel.keyboard.press("ArrowDown");
        await look("answers");
        await panel.evaluate(() => {
          chrome.runtime.sendMessage = (() => Promise.reject(new Error("gone"))) as never;
        });
        await panel.keyboard.press("Enter");
        await expect(panel.locator("#failure .notice")).toBeVisible();
        await look("failure");
      },
    );
  }
}
