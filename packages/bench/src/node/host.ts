import { createReadStream, existsSync, openSync, closeSync, statSync, writeSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, sep } from "node:path";

/** Without its type, a browser neither runs a script nor compiles WebAssembly as it arrives. */
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Where files of the data folder are, for the page. */
export const DATA_PATH = "/data/";

export interface HostOptions {
  /** Folder of the built page. */
  readonly page: string;
  /** Folder of vectors and texts. Posted blocks are written there, at the row they name. */
  readonly data: string;
  /** Sent with every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Told of each posted block. */
  readonly onBlock?: (from: number) => void;
}

/** Serves one built page and the data, on this machine only. */
export class Host {
  readonly #options: HostOptions;
  readonly #server: Server;

  private constructor(options: HostOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((thrown: unknown) => {
        if (response.headersSent) response.destroy();
        else this.#send(response, 500, String(thrown));
      });
    });
  }

  static async start(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    await new Promise<void>((resolve, reject) => {
      host.#server.once("error", reject);
      host.#server.listen(0, "127.0.0.1", resolve);
    });
    return host;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://host");
    const file = this.#fileOf(decodeURIComponent(pathname));
    if (request.method === "POST" && file !== undefined && pathname.startsWith(DATA_PATH)) {
      const number = (name: string) => Number(searchParams.get(name));
      const from = number("before") + number("from");
      await writeAt(file, from * number("rowBytes"), request);
      this.#options.onBlock?.(from);
      return this.#send(response, 204);
    }
    if (file === undefined || !existsSync(file) || !statSync(file).isFile()) {
      return this.#send(response, 404, "not found");
    }
    response.writeHead(200, {
      ...this.#options.headers,
      "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
      "Content-Length": statSync(file).size,
      // Vectors would fill the profile's cache, and its writing would disturb what is measured.
      "Cache-Control": "no-store",
    });
    createReadStream(file).pipe(response);
  }

  #fileOf(pathname: string): string | undefined {
    const { page, data } = this.#options;
    return pathname.startsWith(DATA_PATH)
      ? inside(data, pathname.slice(DATA_PATH.length))
      : inside(page, pathname);
  }

  #send(response: ServerResponse, status: number, body = ""): void {
    response.writeHead(status, this.#options.headers).end(body);
  }
}

function inside(folder: string, path: string): string | undefined {
  const file = normalize(join(folder, path));
  return file.startsWith(folder + sep) ? file : undefined;
}

async function writeAt(file: string, position: number, request: IncomingMessage): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const handle = openSync(file, existsSync(file) ? "r+" : "w");
  try {
    writeSync(handle, Buffer.concat(chunks), 0, null, position);
  } finally {
    closeSync(handle);
  }
}
