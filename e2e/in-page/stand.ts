import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { build } from "vite";

const APP = join(import.meta.dirname, "../../examples/in-page");

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** A page of some site, which may be anything. */
export interface HostPage {
  readonly html: string;
  /** Its content security policy; default: none. */
  readonly policy?: string;
}

/**
 * Two servers on origins of their own: one has the built script, which every site may include, and one is a site. The site has a copy
 * of the script below `/nearfield/`, as one that serves it itself.
 */
export class Stand {
  readonly #pages = new Map<string, HostPage>();
  readonly #servers: readonly [app: Server, site: Server];

  private constructor(servers: readonly [Server, Server]) {
    this.#servers = servers;
  }

  static async start(): Promise<Stand> {
    await build({ root: APP, configFile: join(APP, "vite.config.ts"), logLevel: "error" });
    const stand: Stand = new Stand([
      createServer((request, response) => void answerApp(pathOf(request), response)),
      createServer((request, response) => void stand.#answerSite(pathOf(request), response)),
    ]);
    for (const server of stand.#servers) {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen(0, "localhost", resolve);
      });
    }
    return stand;
  }

  /** Where everybody may fetch the script from. */
  get app(): string {
    return originOf(this.#servers[0]);
  }

  get site(): string {
    return originOf(this.#servers[1]);
  }

  /** Puts a page on the site and gives its address. */
  put(path: string, page: HostPage): string {
    this.#pages.set(path, page);
    return this.site + path;
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    }
  }

  async #answerSite(path: string, response: ServerResponse): Promise<void> {
    if (path.startsWith("/nearfield/")) return answerApp(path.slice("/nearfield".length), response);
    const page = this.#pages.get(path);
    response.writeHead(page ? 200 : 404, {
      "Content-Type": TYPES[".html"],
      ...(page?.policy && { "Content-Security-Policy": page.policy }),
    });
    response.end(page?.html);
  }
}

function pathOf(request: IncomingMessage): string {
  return new URL(request.url ?? "/", "http://localhost").pathname;
}

function originOf(server: Server): string {
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

async function answerApp(path: string, response: ServerResponse): Promise<void> {
  const file = join(APP, "dist", normalize(path === "/" ? "/index.html" : path));
  const bytes = await readFile(file).catch(() => undefined);
  response.writeHead(bytes ? 200 : 404, {
    "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
  });
  response.end(bytes);
}
