import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, preview, type PreviewServer } from "vite";

/** An app below `examples`. */
type App = "demo" | "library";

const rootOf = (app: App): string => join(import.meta.dirname, "../../examples", app);

/** A built app on a server of the test's own, which can go away, come back, and get a new version. */
export class Stand {
  readonly #app: App;
  readonly #folder: string;
  #server: PreviewServer | undefined;
  #port = 0;

  private constructor(app: App, folder: string) {
    this.#app = app;
    this.#folder = folder;
  }

  /** Serves what `npm start` builds, with the headers of `npm start`. */
  static async start(app: App = "demo"): Promise<Stand> {
    const folder = await mkdtemp(join(tmpdir(), `nearfield-${app}-`));
    const root = rootOf(app);
    // The demo is built when `npm start` starts, the other apps when somebody opens them.
    if (app === "demo") await cp(join(root, "dist"), folder, { recursive: true });
    else {
      const outDir = { outDir: folder, emptyOutDir: true };
      await build({
        root,
        configFile: join(root, "vite.config.ts"),
        logLevel: "error",
        build: outDir,
      });
    }
    const stand = new Stand(app, folder);
    await stand.switchOn();
    return stand;
  }

  get url(): string {
    return `http://localhost:${this.#port}/`;
  }

  /** The library as it is served: the sources that the page must show to the character. */
  async readCorpus(): Promise<readonly { readonly id: string; readonly text: string }[]> {
    const name = (await readdir(this.#folder)).find((file) => file.startsWith("corpus-"));
    if (!name) throw new Error("the build has no library");
    return JSON.parse(await readFile(join(this.#folder, name), "utf8"));
  }

  /** Listens, on the same port as before where it did before. */
  async switchOn(): Promise<void> {
    if (this.#server) return;
    this.#server = await preview({
      root: rootOf(this.#app),
      configFile: join(rootOf(this.#app), "vite.config.ts"),
      logLevel: "error",
      build: { outDir: this.#folder },
      // 0 would mean Vite's usual port.
      preview: this.#port > 0 ? { port: this.#port, strictPort: true } : { port: 4300 },
    });
    this.#port = Number(new URL(this.#server.resolvedUrls?.local[0] ?? "").port);
  }

  /** Cuts all connections and refuses new ones. */
  async switchOff(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    if ("closeAllConnections" in server.httpServer) server.httpServer.closeAllConnections();
    await server.close();
  }

  /** Puts another version in place of the one served: the page's title tells it. */
  async release(title: string): Promise<void> {
    await this.#edit("index.html", /<title>[^<]*<\/title>/, `<title>${title}</title>`);
    // A build would have changed this name: it is made of what the files hold.
    await this.#edit("service-worker.js", /(version\\?":\\?")\w+/, "$1another");
  }

  async remove(): Promise<void> {
    await this.switchOff();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #edit(name: string, pattern: RegExp, replacement: string): Promise<void> {
    const path = join(this.#folder, name);
    const before = await readFile(path, "utf8");
    const after = before.replace(pattern, replacement);
    if (after === before) throw new Error(`${name} has nothing like ${pattern}`);
    await writeFile(path, after);
  }
}
