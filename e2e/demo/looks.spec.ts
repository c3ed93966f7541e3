import { join } from "node:path";
import { violations } from "../harness/accessibility.ts";
import { EXTENDED } from "../harness/fixtures.ts";
import { ask, expect, test } from "./visit.ts";

const SIZES = { wide: { width: 1360, height: 860 }, narrow: { width: 360, height: 740 } } as const;

for (const colorScheme of ["light", "dark"] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    // The quick run looks at two of the four.
    const details = (size === "wide") === (colorScheme === "light") ? {} : EXTENDED;
    test(
      `${size} and ${colorScheme}: every state is accessible and nothing sticks out`,
      details,
      async ({ page }, info) => {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const look = async (state: string) => {
          await page.screenshot({
            path: join(info.project.outputDir, `demo-looks/${size}-${colorScheme}-${state}.png`),
          });
          expect(await violations(page), `${state}: accessibility`).toEqual([]);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect(wide, `${state}: pixels beyond the right edge`).toBeLessThanOrEqual(0);
        };
        await look("desk");
        await ask(page, "store data in the browser");
        await page.keyboard.press("ArrowDown");
        await look("hits");
        await page.keyboard.press("Enter");
        await look("reader");
        await page.keyboard.press("Escape");
        await page.locator("#status-line").click();
        await look("status");
        await page.getByRole("button", { name: "Forget everything…" }).click();
        await look("forget");
        await page.keyboard.press("Escape");
      },
    );
  }
}

test("the colours follow the system until one is chosen, and the choice stays", async ({
  page,
}) => {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMedia({ colorScheme: "light" });
  const light = await paper();
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await paper();
  expect(dark).not.toBe(light);
  const toggle = page.getByRole("button", { name: "Dark colours" });
  await expect(toggle).toHaveAttribute("aria-pressed", "true");
  await toggle.click();
  expect(await paper()).toBe(light);
  await page.reload();
  expect(await paper()).toBe(light);
  await page.evaluate(() => localStorage.removeItem("nearfield-demo.theme"));
});
