import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

interface Page {
  readonly body: string | Buffer;
  readonly type: string;
  readonly status: number;
}

/** A site of the web, which notes what it was asked for. */
export class Web {
  readonly #pages = new Map<string, Page>();
  readonly #server: Server;
  /** Paths in the order in which they were asked for. */
  readonly asked: string[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      this.asked.push(pathname);
      const page = this.#pages.get(pathname);
      // "never": a server that takes the connection and says nothing.
      if (page?.type === "never") return;
      response.writeHead(page?.status ?? 404, { "Content-Type": page?.type ?? "text/plain" });
      response.end(page?.body ?? "");
    });
  }

  static async start(): Promise<Web> {
    const web: Web = new Web();
    await new Promise<void>((resolve, reject) => {
      web.#server.once("error", reject).listen(0, "localhost", resolve);
    });
    return web;
  }

  get origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Puts something at a path and gives its address. */
  put(
    path: string,
    body: string | Buffer,
    type = "text/html; charset=utf-8",
    status = 200,
  ): string {
    this.#pages.set(path, { body, type, status });
    return this.origin + path;
  }

  /** Puts a page with a title and some text. */
  putPage(path: string, title: string, body: string): string {
    return this.put(
      path,
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,">
<style>body { font: 18px/1.6 sans-serif; max-width: 40rem; margin: 2rem auto; }</style></head><body>${body}</body></html>`,
    );
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}
