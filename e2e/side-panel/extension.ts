import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";

const APP = join(import.meta.dirname, "../../examples/side-panel");

/** The built extension, unpacked in a folder. */
export class Extension {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async build(): Promise<Extension> {
    const folder = await mkdtemp(join(await realpath(tmpdir()), "nearfield-side-panel-"));
    await build({
      root: APP,
      configFile: join(APP, "vite.config.ts"),
      logLevel: "error",
      build: { outDir: folder, emptyOutDir: true },
    });
    return new Extension(folder);
  }

  /**
   * A copy whose manifest demands at installation what the real one asks for when it is needed. No test can press the buttons of
   * the browser's own question.
   */
  async granted(wanted: { readonly bookmarks?: boolean } = {}): Promise<Extension> {
    const folder = await mkdtemp(join(await realpath(tmpdir()), "nearfield-side-panel-"));
    await cp(this.folder, folder, { recursive: true });
    const path = join(folder, "manifest.json");
    const manifest = JSON.parse(await readFile(path, "utf8"));
    manifest.host_permissions = manifest.optional_host_permissions;
    delete manifest.optional_host_permissions;
    if (wanted.bookmarks) {
      manifest.permissions.push("bookmarks");
      delete manifest.optional_permissions;
    }
    await writeFile(path, JSON.stringify(manifest));
    return new Extension(folder);
  }

  /** Chromium names an unpacked extension by the place where it lies. */
  get id(): string {
    const digest = createHash("sha256").update(this.folder).digest("hex").slice(0, 32);
    return digest.replace(/./g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16)));
  }

  get origin(): string {
    return `chrome-extension://${this.id}`;
  }

  /** What a browser is started with to have it. */
  get flags(): readonly string[] {
    return [
      `--disable-extensions-except=${this.folder}`,
      `--load-extension=${this.folder}`,
      // Lets a test press the button in the toolbar.
      "--enable-unsafe-extension-debugging",
    ];
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
