import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BlobWriter, Uint8ArrayReader, ZipWriter } from "@zip.js/zip.js";
import type { Plugin } from "vite";

/** The same content gives the same file, byte for byte, whenever it is packed. */
const MOMENT = new Date("2020-01-01T00:00:00Z");

/**
 * Packs the unpacked extension into the file that a store takes.
 * @param folder where to put it: not among what is packed
 */
export function packPlugin(folder: string): Plugin {
  return {
    name: "nearfield-side-panel:pack",
    apply: "build",
    async writeBundle({ dir }) {
      if (!dir) throw new Error("the build has no folder to pack");
      const { version } = JSON.parse(await readFile(join(dir, "manifest.json"), "utf8"));
      const zip = new ZipWriter(new BlobWriter("application/zip"), {
        extendedTimestamp: false,
        useWebWorkers: false,
      });
      for (const path of (await filesOf(dir)).sort()) {
        const bytes = await readFile(join(dir, path));
        await zip.add(path, new Uint8ArrayReader(new Uint8Array(bytes)), { lastModDate: MOMENT });
      }
      const packed = await zip.close();
      await mkdir(folder, { recursive: true });
      const file = join(folder, `nearfield-side-panel-${version}.zip`);
      await writeFile(file, new Uint8Array(await packed.arrayBuffer()));
    },
  };
}

async function filesOf(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(dir.length + 1)
        .replaceAll("\\", "/"),
    );
}
