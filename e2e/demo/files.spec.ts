import { ask, drop, expect, test } from "./visit.ts";

/** What has made other searches run scripts out of their results, and what has made others stumble. */
const HOSTILE = [
  '# Turtles <img src=x onerror="window.harmed=1">',
  "",
  'The green sea turtle crosses an ocean to lay its eggs on the beach where it hatched. <img src=x onerror="window.harmed=1">',
  '&lt;img src=x onerror=window.harmed=1&gt; </mark><script>window.harmed=1</script> <svg onload="window.harmed=1">',
  "[a link](javascript:window.harmed=1) ![a picture](https://example.com/spy.png) <iframe src=javascript:window.harmed=1>",
  "Right to left: \u202Eabc\u202C, zero width: a\u200Bb, regular: (.*)+$ [a-z]{2,} \\ ^ | ?",
].join("\n");

test("a dropped file is found, opened with its passage marked, kept over a reload, and removed", async ({
  page,
}) => {
  const text =
    "Sourdough wants time.\n\nFeed the starter in the morning, bake the loaf in the evening in a very hot oven.\n";
  await drop(page, [{ name: "bread.txt", text }]);
  await expect(page.locator("#files .file")).toContainText("bread.txt");
  await expect(page.locator("#files-status")).toContainText("bread.txt can be found");
  await ask(page, "how to bake bread");
  const first = page.getByRole("option").first();
  await expect(first).toContainText("bread.txt");
  await expect(first).toContainText("your file");
  await first.click();
  const marked = await page
    .locator("#reader mark")
    .evaluateAll((marks) => marks.map((mark) => mark.textContent).join(""));
  expect(text).toContain(marked);
  expect(marked).toContain("starter");

  await page.reload();
  await expect(page.locator("body")).toHaveAttribute("data-library", "kept");
  await expect(page.locator("#files .file")).toContainText("bread.txt");
  await ask(page, "how to bake bread");
  await expect(page.getByRole("option").first()).toContainText("bread.txt");

  await page.getByRole("button", { name: "Remove bread.txt" }).click();
  await expect(page.locator("#files .file")).toHaveCount(0);
  await expect(page.getByRole("option").first()).not.toContainText("bread.txt");
});

test("the text of an HTML file is found; its scripts never run and its pictures are never fetched", async ({
  page,
  shared,
}) => {
  const { length } = shared.requests;
  const html = `<!doctype html><title>Bees</title><body onload="window.harmed=1"><script>window.harmed=1</script>
    <style>p{background:url(https://example.com/spy.png)}</style><img src="https://example.com/spy.png" onerror="window.harmed=1">
    <h1>Bees</h1><p>A honey bee tells her sisters by a dance where the flowers are.</p><pre>kept
  as it is</pre></body>`;
  await drop(page, [{ name: "bees.html", text: html }]);
  await expect(page.locator("#files .file")).toContainText("bees.html");
  await ask(page, "how do insects talk about food");
  const first = page.getByRole("option").first();
  await expect(first).toContainText("Bees");
  await expect(first).not.toContainText("harmed");
  await first.click();
  await expect(page.locator("#reader .prose")).toContainText("kept\n  as it is");
  expect(await page.evaluate(() => "harmed" in globalThis)).toBe(false);
  expect(shared.requests.slice(length).filter((url) => url.includes("example.com"))).toEqual([]);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Remove bees.html" }).click();
  await expect(page.locator("#files .file")).toHaveCount(0);
});

test("nothing in a document becomes markup, in the list or in the reader", async ({
  page,
  shared,
}) => {
  const { length } = shared.requests;
  await drop(page, [{ name: "turtles.md", text: HOSTILE }]);
  await expect(page.locator("#files .file")).toContainText("turtles.md");
  await ask(page, "turtles (.*)+$ <img src=x onerror=window.harmed=1> [a-z");
  await ask(page, "where do turtles lay eggs");
  const first = page.getByRole("option").first();
  await expect(first).toContainText("Turtles");
  await first.click();
  const prose = page.locator("#reader .prose");
  expect(await prose.evaluate((element) => element.textContent)).toBe(HOSTILE);
  await page.getByRole("button", { name: "Source" }).click();
  await expect(prose).toContainText("onerror");
  expect(
    await page
      .locator("#reader :is(img, script, svg, iframe, a), #hits :is(img, script, svg, iframe, a)")
      .count(),
  ).toBe(0);
  expect(await page.evaluate(() => "harmed" in globalThis)).toBe(false);
  expect(shared.requests.slice(length).filter((url) => url.includes("example.com"))).toEqual([]);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Remove turtles.md" }).click();
  await expect(page.locator("#files .file")).toHaveCount(0);
});

test("each file that can not be taken says why, and the others are taken", async ({ page }) => {
  await drop(page, [
    { name: "picture.png", text: "no text" },
    { name: "empty.md", text: "  \n " },
    { name: "program.txt", text: "MZ\0\0" },
    { name: "good.md", text: "# Good\n\nThe lighthouse keeper lights the lamp at dusk.\n" },
  ]);
  const trouble = (name: string) => page.locator(".file.trouble", { hasText: name });
  await expect(page.locator(".file:not(.trouble):not(.waiting)")).toHaveText(/good\.md/);
  await expect(trouble("picture.png")).toContainText(".md, .txt or .html");
  await expect(trouble("empty.md")).toContainText("no text in it");
  await expect(trouble("program.txt")).toContainText("not like text");
  for (const name of ["picture.png", "empty.md", "program.txt"]) {
    await page.getByRole("button", { name: `Dismiss ${name}` }).click();
  }
  await page.getByRole("button", { name: "Remove good.md" }).click();
  await expect(page.locator("#files .file")).toHaveCount(0);
});
