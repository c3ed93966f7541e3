import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { preview, type PreviewServer } from "vite";

const DEMO = join(import.meta.dirname, "../../examples/demo");

/** The built demo on a server of the test's own, which can go away, come back, and get a new version. */
export class Stand {
  readonly #folder: string;
  #server: PreviewServer | undefined;
  #port = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Serves a copy of what `npm start` has built, with the headers of `npm start`. */
  static async start(): Promise<Stand> {
    const folder = await mkdtemp(join(tmpdir(), "nearfield-demo-"));
    await cp(join(DEMO, "dist"), folder, { recursive: true });
    const stand = new Stand(folder);
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
    this.#server = await preview({
      root: DEMO,
      configFile: join(DEMO, "vite.config.ts"),
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
