import { join } from "node:path";
import { violations } from "../harness/accessibility.ts";
import { EXTENDED } from "../harness/fixtures.ts";
import { epubFile, pdfFile, textFile, type Given } from "./files.ts";
import { ask, drop, expect, openFirst, settle, test, visit } from "./visit.ts";

const SIZES = { wide: { width: 1400, height: 880 }, narrow: { width: 375, height: 760 } } as const;

for (const colorScheme of ["light", "dark"] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test(
      `${size} and ${colorScheme}: every state is accessible and nothing sticks out`,
      EXTENDED,
      async ({ page, stand }, info) => {
        test.setTimeout(400_000);
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        const look = async (state: string) => {
          await page.screenshot({
            path: join(info.project.outputDir, `library-looks/${size}-${colorScheme}-${state}.png`),
          });
          expect.soft(await violations(page), `${state}: accessibility`).toEqual([]);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect.soft(wide, `${state}: pixels beyond the right edge`).toBeLessThanOrEqual(0);
        };
        const isNarrow = size === "narrow";
        await visit(page, stand);
        await look("empty");
        await page.getByRole("button", { name: "Add documents" }).click();
        await look("add");
        await page.keyboard.press("Escape");

        const shelf = await shelfOfMany();
        await drop(page, shelf);
        await expect(page.locator("#progress")).toBeVisible();
        await look("reading");
        await settle(page, shelf.length - 1);
        await look("list");
        await expect(page.locator(".trouble")).toContainText("no text in it");
        await page.getByRole("button", { name: "Dismiss empty.txt" }).click();
        await expect(page.locator("#troubles")).toBeHidden();

        if (isNarrow) await page.locator("#rail-toggle").click();
        await page.getByLabel("Name of a new collection").fill("Kitchen");
        await page.keyboard.press("Enter");
        await expect(page.locator("#collections")).toContainText("Kitchen");
        await look("collections");
        await page.getByRole("button", { name: /Storage, export/ }).click();
        await expect(page.locator("#storage-facts")).toContainText("Nothing leaves this browser");
        await look("storage");
        await page.keyboard.press("Escape");
        if (isNarrow) await page.locator("#rail-toggle").click();

        await ask(page, "how long should I let the dough rest?");
        await page.keyboard.press("ArrowDown");
        await look("hits");
        await openFirst(page);
        await look("note");
        await page.getByRole("button", { name: "Collections…" }).click();
        await look("belongs");
        await page.getByRole("checkbox", { name: "Kitchen" }).check();
        await page.getByRole("button", { name: "Done" }).click();
        await page.getByRole("button", { name: "Remove", exact: true }).click();
        await look("sure");
        await page.keyboard.press("Escape");
        await page.keyboard.press("Escape");
        await ask(page, "why does ice move downhill?");
        await openFirst(page);
        await look("pdf");
        await page.keyboard.press("Escape");
        await ask(page, "insects and the way to flowers");
        await openFirst(page);
        await look("book");
      },
    );
  }
}

async function shelfOfMany(): Promise<Given[]> {
  const note = (name: string, title: string, ...paragraphs: string[]): Given =>
    textFile(name, `# ${title}\n\n${paragraphs.join("\n\n")}\n`, "text/markdown");
  return [
    note(
      "sourdough.md",
      "Sourdough for patient people",
      "A starter is flour and water that has learned to live. Feed it in the morning, and by noon it has doubled.",
      "Mix, fold every half hour, and then leave it alone: the dough rests overnight in the cold, twelve hours at the least.",
      "| step | time |\n|---|---|\n| mix | 20 min |\n| fold | 3 h |\n| rest | 12 h |",
      "Bake in a very hot oven, with steam for the first quarter of an hour.",
    ),
    note(
      "lisbon.md",
      "Three days in Lisbon",
      "Tram 28 is full by nine; walk up to Graça instead, and see the river from above.",
      "The custard tarts of Belém are best while they still burn the tongue.",
    ),
    note(
      "reading-notes.md",
      "Notes on attention",
      "What we look at, we become slower for. Reading with a pencil doubles the time and halves the forgetting.",
    ),
    textFile(
      "garden.txt",
      "Sow broad beans in November.\n\nTomatoes want sun, and water at their feet, never on the leaves.\n",
    ),
    textFile(
      "tax-letter.html",
      "<!doctype html><title>Letter about the tax return</title><h1>Your tax return</h1><p>Please send the forms by the end of July. Travel to work is deductible from the twenty-first kilometre on.</p>",
      "text/html",
    ),
    pdfFile("glaciers.pdf", [
      [
        "Field report: mountains",
        "",
        "It begins with rocks, and rocks are patient.",
        "We camped below the ridge for nine days.",
      ],
      [
        "Chapter two: ice",
        "",
        "Snow that outlasts many summers is pressed into ice,",
        "and by its own weight the glacier creeps down the valley,",
        "some metres in a good year.",
      ],
    ]),
    await epubFile("the-hive.epub", "The Hive", [
      "<h1>Wax</h1><p>Combs are built of wax, each cell with six walls.</p>",
      "<h1>Dance</h1><p>A worker bee dances in the dark to tell her sisters where the flowers are: the angle is the direction, the length is the distance.</p>",
    ]),
    textFile("empty.txt", "   \n"),
  ];
}
