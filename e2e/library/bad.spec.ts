import { randomBytes } from "node:crypto";
import { EXTENDED } from "../harness/fixtures.ts";
import { Profile } from "../harness/profile.ts";
import { bombFile, epubFile, pdfFile, textFile, type Given } from "./files.ts";
import { ask, drop, expect, hits, openFirst, settle, test, visit } from "./visit.ts";

const GOOD = textFile("good.txt", "The lighthouse keeper lights the lamp at dusk.");

/** What must never run, be fetched, or leave its place. */
const HOSTILE = `<!doctype html><title>Turtles</title><base href="https://example.com/">
<body onload="harmed=1"><script>harmed=1</script><style>body{display:none}</style><link rel=stylesheet href="https://example.com/a.css">
<img src=x onerror="harmed=1"><img src="https://example.com/spy.png"><svg onload="harmed=1"><script>harmed=1</script></svg>
<iframe src="javascript:parent.harmed=1"></iframe><form action="https://example.com/"><button id=query>go</button></form>
<h1 id="query" style="position:fixed;inset:0">Turtles</h1><a href="javascript:harmed=1">a link</a>
<p>The green sea turtle crosses an ocean to lay its eggs on the beach where it hatched.</p>
<math><mtext><table><mglyph><style><img src=x onerror="harmed=1"></style></mglyph></table></mtext></math>
<noscript><p title="</noscript><img src=x onerror=harmed=1>"></noscript></body>`;

test(
  "each file that can not be taken says why, and the others are taken",
  EXTENDED,
  async ({ page, stand }) => {
    const bad: readonly [Given, RegExp][] = [
      [pdfFile("locked.pdf", [["secret"]], { isLocked: true }), /locked with a password/],
      [
        textFile("broken.pdf", "%PDF-1.4 and then nothing", "application/pdf"),
        /broken, or it is no PDF/,
      ],
      [pdfFile("scan.pdf", [[]]), /no text in it.*text recognition/],
      [await bombFile("bomb.epub", false), /200 times its size/],
      [await bombFile("liar.epub", true), /200 times its size|is broken/],
      [
        textFile("torn.epub", "PK\x03\x04 torn", "application/epub+zip"),
        /broken, or it is no EPUB/,
      ],
      [await epubFile("bare.epub", "Bare", []), /no chapters/],
      [textFile("program.txt", "MZ\0\0\0\0"), /holds something else/],
      [textFile("empty.md", " \n "), /no text in it/],
      [textFile("nothing.txt", ""), /is empty/],
      [textFile("picture.png", "no text", "image/png"), /are not read here/],
    ];
    await visit(page, stand);
    await drop(page, [...bad.map(([given]) => given), GOOD]);
    await settle(page, 1);
    await page.locator("#troubles-title").click();
    await expect(page.locator("#troubles-title")).toHaveText(`${bad.length} files were not taken`);
    for (const [{ name }, words] of bad) {
      await expect(page.locator(".trouble", { hasText: name })).toContainText(words);
    }
    await ask(page, "who switches on the light in the evening?");
    await expect(hits(page).first()).toContainText("good.txt");
    await page.reload();
    await expect(page.locator("#troubles-title")).toHaveText(`${bad.length} files were not taken`);
    await page.locator("#troubles-title").click();
    await page.getByRole("button", { name: "Dismiss all" }).click();
    await expect(page.locator("#troubles")).toBeHidden();
  },
);

test("a text of 200 MB is refused before it is read", EXTENDED, async ({ page, stand }) => {
  await visit(page, stand);
  await page.evaluate(() => {
    const megabyte = "a line of a log that nobody reads\n".repeat(31_000).slice(0, 1_000_000);
    const data = new DataTransfer();
    data.items.add(
      new File(
        Array.from({ length: 200 }, () => megabyte),
        "huge.txt",
      ),
    );
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
  });
  await expect(page.locator(".trouble")).toContainText("It has 200 MB, and the limit");
});

test(
  "a document is shown without its scripts, styles, forms and pictures from elsewhere",
  EXTENDED,
  async ({ page, stand, requests }) => {
    const chapters = HOSTILE.replace("<!doctype html>", "").replaceAll(
      /<(img|link|base)([^>]*)>/g,
      "<$1$2/>",
    );
    await visit(page, stand);
    await drop(page, [
      textFile("turtles.html", HOSTILE, "text/html"),
      textFile(
        "turtles.md",
        `Before.\n\n${HOSTILE.replace("<!doctype html>", "")}`,
        "text/markdown",
      ),
      await epubFile("turtles.epub", "Turtles at sea", [chapters]),
    ]);
    await settle(page, 3);
    for (const kind of ["Web pages", "Markdown", "Books"]) {
      await page.getByRole("button", { name: kind, exact: true }).click();
      await ask(page, "where do turtles lay their eggs?");
      await expect(hits(page).first()).not.toContainText("harmed");
      expect(await openFirst(page)).toContain("lay its eggs");
      const forbidden =
        "script, style, link, iframe, form, button, svg, base, img, [onerror], [onload], [style], [id]";
      const left = page.locator(".original").locator(forbidden);
      expect(await left.evaluateAll((list) => list.map(({ outerHTML }) => outerHTML))).toEqual([]);
      expect(await page.locator('.original a[href^="javascript"]').count()).toBe(0);
      expect(await page.evaluate(() => "harmed" in globalThis)).toBe(false);
      await page.keyboard.press("Escape");
    }
    expect(requests.filter((url) => url.includes("example.com"))).toEqual([]);
  },
);

test(
  "a folder that goes away while it is read is told, and what was read stays",
  EXTENDED,
  async ({ page, stand }) => {
    await visit(page, stand);
    await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle("travel", { create: true });
      for (let at = 0; at < 30; at++) {
        const file = await folder.getFileHandle(`note ${at}.txt`, { create: true });
        const writer = await file.createWritable();
        await writer.write(`On day ${at} the ferry left the harbour at dawn.`);
        await writer.close();
      }
      // The real handle of a real folder, which goes away when the second file is asked for.
      // oxlint-disable-next-line typescript/unbound-method -- called below with the handle that it belongs to
      const { values } = FileSystemDirectoryHandle.prototype;
      FileSystemDirectoryHandle.prototype.values = async function* (
        this: FileSystemDirectoryHandle,
      ) {
        let seen = 0;
        for await (const handle of values.call(this)) {
          if (++seen === 11) await root.removeEntry("travel", { recursive: true });
          yield handle;
        }
      } as typeof values;
      Object.assign(window, { showDirectoryPicker: async () => folder });
    });
    await page.getByRole("button", { name: "Choose a folder" }).click();
    await expect(page.locator(".trouble, #failure .notice").first()).toContainText(
      /travel|moved, deleted/,
    );
    await settle(page, 10);
    await ask(page, "when does the ship depart?");
    await expect(hits(page).first()).toContainText("ferry left");
  },
);

test(
  "where there is no room, that is said, and what was stored is still found",
  EXTENDED,
  async ({ stand }) => {
    test.setTimeout(240_000);
    // On a disk: what a private window holds in memory is not counted.
    const profile = await Profile.create(() => {});
    try {
      const before = await (await profile.open()).newPage();
      await visit(before, stand);
      await drop(before, [GOOD]);
      await settle(before, 1);
      await expect(before.locator("body")).toHaveAttribute("data-offline", "ready");
      // A browser goes for a while by the room that there was when it last asked: another one asks anew.
      await profile.close();
      const context = await profile.open();
      const page = await context.newPage();
      const session = await context.newCDPSession(page);
      const origin = stand.url.slice(0, -1);
      const { usage } = await session.send("Storage.getUsageAndQuota", { origin });
      await session.send("Storage.overrideQuotaForOrigin", {
        origin,
        quotaSize: usage + 1_000_000,
      });
      await visit(page, stand);
      await settle(page, 1);
      // Nothing that could be compressed.
      const noise = randomBytes(3_000_000).toString("base64");
      const large = `<!-- ${noise} --><p>Far too large for the room that is left.</p>`;
      await drop(page, [textFile("large.html", large, "text/html")]);
      await expect(page.locator(".trouble, #failure .notice").first()).toContainText(
        /no room left/,
      );
      await ask(page, "who switches on the light in the evening?");
      await expect(hits(page).first()).toContainText("good.txt");
    } finally {
      await profile.remove();
    }
  },
);

test(
  "five thousand files at once are taken in, read until somebody stops, and found so far",
  EXTENDED,
  async ({ page, stand }) => {
    test.setTimeout(600_000);
    await visit(page, stand);
    await page.evaluate(() => {
      const data = new DataTransfer();
      for (let at = 0; at < 5_000; at++) {
        data.items.add(new File([`Ship ${at} carries copper to the harbour.`], `ship ${at}.txt`));
      }
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
    });
    await expect(page.locator("#shelf-title")).toContainText("(5,000)", { timeout: 300_000 });
    await expect(page.locator("#progress-text")).toContainText(/^[1-9]\d* of 5,000 files/, {
      timeout: 300_000,
    });
    await page.getByRole("button", { name: "Stop" }).click();
    await expect(page.locator("#progress-title")).toHaveText("Reading has stopped");
    await ask(page, "copper");
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.locator("#progress-title")).toHaveText("Reading");
  },
);
