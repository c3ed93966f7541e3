import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo, Socket } from "node:net";
import { extname, join, normalize } from "node:path";

/** The bare page, as `build.ts` left it. */
const BARE = join(import.meta.dirname, "dist");

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** The strictest policy under which a page with WebAssembly and workers can run. */
const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self' data:; report-uri /violations";

const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** What the server does instead of serving a file as it is. */
export type Fault =
  | { readonly kind: "missing" }
  /** Status 200 and a page in place of the file, as many single-page hosts answer. */
  | { readonly kind: "html" }
  /** One bit of the byte in the middle is turned over. */
  | { readonly kind: "flip" }
  /** The second half never comes, though the length says so. */
  | { readonly kind: "cut" }
  /** Runs before the script's own code: the only way to change the globals of a worker from outside. */
  | { readonly kind: "prepend"; readonly code: string }
  /** The answer waits until `until` resolves. */
  | { readonly kind: "hold"; readonly until: Promise<void> };

/**
 * Serves the built page to one test, on an origin of its own: with cross-origin isolation at `isolated`, without it at `plain`.
 * Counts requests, misbehaves on demand, can be switched off and on again.
 */
export class Site {
  /** Paths that were asked for, in order. */
  readonly requests: string[] = [];
  /** Breaches of the content security policy, of the page and of its workers. */
  readonly violations: string[] = [];
  readonly #folder: string;
  readonly #faults = new Map<RegExp, Fault>();
  readonly #sockets = new Set<Socket>();
  readonly #listeners: { readonly server: Server; port: number }[];

  private constructor(folder: string) {
    this.#folder = folder;
    this.#listeners = [true, false].map((isolated) => ({
      server: createServer((request, response) => void this.#answer(request, response, isolated)),
      port: 0,
    }));
    for (const { server } of this.#listeners) {
      server.on("connection", (socket) => {
        this.#sockets.add(socket);
        socket.on("close", () => this.#sockets.delete(socket));
      });
    }
  }

  /** `folder`: the built app to serve; default the bare page. */
  static async start(folder: string = BARE): Promise<Site> {
    const site = new Site(folder);
    await site.switchOn();
    return site;
  }

  /** Origin of the page with `crossOriginIsolated`. */
  get isolated(): string {
    return `http://localhost:${this.#listeners[0]?.port}`;
  }

  /** Origin of the same page without it. */
  get plain(): string {
    return `http://localhost:${this.#listeners[1]?.port}`;
  }

  /** Answers requests whose path matches with a fault, until the returned function is called. */
  misbehave(path: RegExp, fault: Fault): () => void {
    this.#faults.set(path, fault);
    return () => this.#faults.delete(path);
  }

  /** Listens, on the same ports as before where it did before. */
  async switchOn(): Promise<void> {
    for (const listener of this.#listeners) {
      await new Promise<void>((resolve, reject) => {
        listener.server.once("error", reject).listen(listener.port, "localhost", resolve);
      });
      listener.port = (listener.server.address() as AddressInfo).port;
    }
  }

  /** Refuses connections from now on and cuts those that are open. */
  async switchOff(): Promise<void> {
    for (const { server } of this.#listeners) {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of this.#sockets) socket.destroy();
      await closed;
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse, isolated: boolean) {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    this.requests.push(pathname);
    if (pathname === "/violations") return this.#hearViolation(request, response);
    const fault = [...this.#faults].find(([path]) => path.test(pathname))?.[1];
    if (fault?.kind === "hold") await fault.until;
    const name = normalize(pathname === "/" ? "/index.html" : pathname);
    const bytes = fault?.kind === "missing" ? undefined : await fileOf(join(this.#folder, name));
    const headers = {
      "Content-Security-Policy": POLICY,
      "Content-Type": TYPES[extname(name)] ?? "application/octet-stream",
      // Vite names files by their content. Damaged bytes are kept by the browser as well: that is the point of some tests.
      "Cache-Control": name.startsWith("/assets/")
        ? "public, max-age=31536000, immutable"
        : "no-cache",
      ...(isolated && ISOLATION),
    };
    // No host lets browsers keep what it answers in place of a file.
    const page = { ...headers, "Content-Type": TYPES[".html"], "Cache-Control": "no-store" };
    if (!bytes) {
      response.writeHead(404, page);
      return response.end("<!doctype html><p>There is no such file.</p>");
    }
    if (fault?.kind === "html") {
      response.writeHead(200, page);
      return response.end("<!doctype html><p>Welcome!</p>");
    }
    const body = spoil(bytes, fault);
    response.writeHead(200, { ...headers, "Content-Length": body.byteLength });
    if (fault?.kind !== "cut") return response.end(body);
    response.write(body.subarray(0, body.byteLength / 2), () => response.destroy());
  }

  async #hearViolation(request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.violations.push(Buffer.concat(chunks).toString());
    response.writeHead(204).end();
  }
}

function spoil(bytes: Buffer, fault: Fault | undefined): Buffer {
  if (fault?.kind === "prepend") return Buffer.concat([Buffer.from(`${fault.code};\n`), bytes]);
  if (fault?.kind !== "flip") return bytes;
  const spoiled = Buffer.from(bytes);
  const middle = spoiled.byteLength >> 1;
  spoiled[middle] = (spoiled[middle] ?? 0) ^ 0x40;
  return spoiled;
}

/** The files of the page do not change while the tests run. */
const files = new Map<string, Buffer>();

async function fileOf(path: string): Promise<Buffer | undefined> {
  const known = files.get(path);
  if (known) return known;
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes) files.set(path, bytes);
  return bytes;
}
