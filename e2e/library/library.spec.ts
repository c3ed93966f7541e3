import { epubFile, pdfFile, textFile } from "./files.ts";
import { ask, drop, expect, hits, openFirst, settle, test, visit } from "./visit.ts";

const BREAD = `# Bread

Sourdough wants time.

- Feed the starter in the morning.
- Bake the loaf in the evening, in a very hot oven.
`;

test("a note, a PDF and a book are found and shown at the place, also with the server gone", async ({
  page,
  stand,
}) => {
  const pdf = pdfFile("ice.pdf", [
    ["A report on mountains", "It begins with rocks, and rocks are patient."],
    [
      "Snow that outlasts many summers is pressed into ice,",
      "and the glacier creeps down the valley.",
    ],
  ]);
  const book = await epubFile("bees.epub", "The Hive", [
    "<h1>Wax</h1><p>Combs are built of wax, each cell with six walls.</p>",
    "<h1>Dance</h1><p>A worker bee dances to tell her sisters where the flowers are.</p>",
  ]);
  await visit(page, stand);
  await drop(page, [textFile("bread.md", BREAD, "text/markdown"), pdf, book]);
  await settle(page, 3);

  await ask(page, "why do glaciers move?");
  await expect(hits(page).first()).toContainText("ice.pdf · page 2");
  expect(await openFirst(page)).toContain("glacier creeps");
  await expect(page.locator(".sheet canvas").first()).toBeVisible();
  await page.keyboard.press("Escape");
  await ask(page, "how do insects talk about food?");
  await expect(hits(page).first()).toContainText("The Hive");
  expect(await openFirst(page)).toContain("dances to tell her sisters");
  await page.keyboard.press("Escape");

  await expect(page.locator("body")).toHaveAttribute("data-offline", "ready");
  await stand.switchOff();
  try {
    await page.reload();
    await settle(page, 3);
    await ask(page, "how hot must it be for baking?");
    await expect(hits(page).first()).toContainText("Bread");
    expect(await openFirst(page)).toContain("very hot oven");
  } finally {
    await stand.switchOn();
  }
});
