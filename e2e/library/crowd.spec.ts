import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import type { BrowserContext, Page } from "@playwright/test";
import { EXTENDED } from "../harness/fixtures.ts";
import { Profile } from "../harness/profile.ts";
import { epubFile, pdfFile } from "./files.ts";
import {
  ask,
  expect,
  foreignOf,
  hits,
  openFirst,
  READING_MS,
  settle,
  test,
  visit,
} from "./visit.ts";

const FILES = 300;

/** Of larger ones a test would have to wait for hours. */
const MAX_BYTES = 60_000;

test(
  "300 real files: read with progress, the browser killed midway, gone on, and found without the server",
  EXTENDED,
  async ({ stand }) => {
    test.setTimeout(2 * READING_MS);
    const folder = await gatherFiles();
    const requests: string[] = [];
    const profile = await Profile.create((context: BrowserContext) => {
      context.on("request", (request) => requests.push(request.url()));
    });
    try {
      const first = await (await profile.open()).newPage();
      await visit(first, stand);
      await expect(first.locator("body")).toHaveAttribute("data-offline", "ready", {
        timeout: 120_000,
      });
      await first.locator("#pick-folder").setInputFiles(folder);
      await expect(first.locator("#shelf-title")).toContainText(`(${FILES})`, { timeout: 120_000 });
      await expect(first.locator("#progress-text")).toContainText(/^\d+ of 300 files/);
      await expect.poll(() => waiting(first), { timeout: READING_MS }).toBeLessThan(FILES - 60);
      const left = await waiting(first);
      await profile.kill();

      const second = await (await profile.open()).newPage();
      await visit(second, stand);
      await expect(second.locator("#shelf-title")).toContainText(`(${FILES})`);
      // What was stored is not read again.
      expect(await waiting(second)).toBeLessThanOrEqual(left);
      await settle(second, FILES);
      await expect(second.locator("#troubles")).toBeHidden();
      await profile.close();

      await stand.switchOff();
      const third = await (await profile.open()).newPage();
      await third.context().setOffline(true);
      await third.goto(stand.url);
      await settle(third, FILES);
      await ask(third, "why does ice move downhill?");
      await expect(hits(third).first()).toContainText("glacier.pdf · page 2");
      expect(await openFirst(third)).toContain("glacier creeps");
      await third.keyboard.press("Escape");
      await ask(third, "how insects tell each other about flowers");
      expect(await openFirst(third)).toContain("worker bee");
      await third.keyboard.press("Escape");
      await ask(third, "licence permission is hereby granted free of charge");
      await openFirst(third);
    } finally {
      await stand.switchOn();
      await profile.remove();
      await rm(folder, { recursive: true, force: true });
    }
    expect(foreignOf(requests, stand), "requests that left the origin").toEqual([]);
  },
);

async function waiting(page: Page): Promise<number> {
  return Number((await page.locator("body").getAttribute("data-waiting")) ?? Number.NaN);
}

/** A folder of the texts of installed packages, with a few PDFs and books among them. */
async function gatherFiles(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "library-of-many-"));
  const made = [
    pdfFile("glacier.pdf", [
      ["It begins with rocks, and rocks are patient."],
      ["Snow is pressed into ice, and the glacier creeps down the valley."],
    ]),
    pdfFile("violin.pdf", [["A violin has four strings, tuned in fifths."]]),
    await epubFile("hive.epub", "The Hive", [
      "<p>Combs are built of wax.</p>",
      "<p>A worker bee dances to tell her sisters where the flowers are.</p>",
    ]),
    await epubFile("tides.epub", "Tides", ["<p>High water comes later each day.</p>"]),
  ];
  for (const { name, buffer } of made) await writeFile(join(folder, name), buffer);
  const store = join(import.meta.dirname, "../../node_modules/.pnpm");
  // The smallest ones: the test is about their number.
  const real: { readonly path: string; readonly size: number }[] = [];
  for await (const text of texts(store)) real.push(text);
  real.sort((a, b) => a.size - b.size);
  const wanted = real.slice(0, FILES - made.length);
  if (wanted.length < FILES - made.length) throw new Error(`only ${real.length} texts are here`);
  for (const [at, { path }] of wanted.entries()) {
    const ending = extname(path).toLowerCase() || ".txt";
    await writeFile(join(folder, `real ${at}${ending}`), await readFile(path));
  }
  return folder;
}

async function* texts(
  folder: string,
): AsyncGenerator<{ readonly path: string; readonly size: number }> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* texts(path);
    else if (entry.isFile() && /(\.(md|markdown|txt|html)|^LICENSE)$/i.test(entry.name)) {
      const { size } = await stat(path);
      if (size <= MAX_BYTES && hasWords(await readFile(path, "utf8"))) yield { path, size };
    }
  }
}

/** A page that is a title and scripts has nothing to be found, and the library says so of it. */
function hasWords(text: string): boolean {
  return /\w/.test(text.replace(/<(head|script|style)[^]*?<\/\1>|<!--[^]*?-->|<[^>]*>/gi, ""));
}
