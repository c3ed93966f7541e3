import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Uint8ArrayReader, TextWriter, ZipReader, type FileEntry } from "@zip.js/zip.js";
import { build } from "vite";
import { EXTENDED } from "../harness/fixtures.ts";
import { expect, test } from "./visit.ts";

const APP = join(import.meta.dirname, "../../examples/side-panel");

/**
 * Addresses that stand in the code and are never asked, by reason: the default host of models by name, which the panel does not use
 * and whose policy forbids it; the name under which files lie in Cache Storage, which can not exist; and where messages of
 * libraries lead a programmer.
 */
const NAMED = ["huggingface.co", "models.nearfield.invalid", "web.dev", "rolldown.rs"];

/** ONNX Runtime's glue for the GPU makes a function out of a text in a case that its build does not reach; the policy forbids it besides. */
const MAKES_FUNCTIONS = /^assets\/ort-wasm-simd-threaded\.asyncify-[\w-]+\.mjs$/;

test(
  "the file for a store is whole, and has no code from elsewhere",
  EXTENDED,
  async ({ built }, info) => {
    const file = await pack(info.outputPath("packed"));
    const reader = new ZipReader(new Uint8ArrayReader(new Uint8Array(await readFile(file))));
    const entries = (await reader.getEntries()).filter(
      (entry): entry is FileEntry => !entry.directory,
    );
    const names = entries.map(({ filename }) => filename);
    const unpacked = await readdir(built.folder, { recursive: true, withFileTypes: true });
    expect(names).toHaveLength(unpacked.filter((entry) => entry.isFile()).length);

    const texts = new Map<string, string>();
    for (const entry of entries) {
      if (!/\.(?:js|mjs|html|css|json)$/.test(entry.filename)) continue;
      texts.set(entry.filename, await entry.getData(new TextWriter()));
    }
    const manifest = JSON.parse(texts.get("manifest.json") ?? "");
    const named = [
      manifest.background.service_worker,
      manifest.side_panel.default_path,
      ...Object.values<string>(manifest.icons),
      "offscreen.html",
      "page-script.js",
    ];
    expect(names).toEqual(expect.arrayContaining(named));
    for (const [name, text] of texts) {
      const hosts = [...text.matchAll(/(?:https?|wss?):\/\/([\w.-]+)/g)].map(([, host]) => host);
      expect(
        hosts.filter((host) => !NAMED.includes(host ?? "")),
        name,
      ).toEqual([]);
      expect(text, name).not.toMatch(/<script[^>]+src=["']?(?:https?:)?\/\//i);
      expect(text, name).not.toMatch(/import\(\s*["'`]https?:|importScripts\(\s*["'`]https?:/);
      expect(text, name).not.toMatch(/\beval\(/);
      if (!MAKES_FUNCTIONS.test(name)) expect(text, name).not.toMatch(/new Function\(/);
    }
  },
);

async function pack(outDir: string): Promise<string> {
  await build({
    root: APP,
    configFile: join(APP, "vite.config.ts"),
    mode: "store",
    logLevel: "error",
    build: { outDir, emptyOutDir: true },
  });
  const folder = join(APP, "build");
  const { version } = JSON.parse(await readFile(join(outDir, "manifest.json"), "utf8"));
  return join(folder, `nearfield-side-panel-${version}.zip`);
}
