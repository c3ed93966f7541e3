import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, sep } from "node:path";
import type { CorpusDocument } from "../dataset.ts";
import { PATHS, type Answer, type Job, type Progress } from "../job.ts";
import type { State } from "./state.ts";

/** Without its type, a browser neither runs a script nor compiles WebAssembly as it arrives. */
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Where repositories of a local folder are served, in the form of a model hub. */
export const MODELS_PATH = "/models/";

export interface HostOptions {
  /** Folder of the built page. */
  readonly page: string;
  /** Sent with every answer: cross-origin isolation, without which there are no threads. */
  readonly headers: Readonly<Record<string, string>>;
  readonly job: Job;
  readonly corpus: readonly CorpusDocument[];
  readonly state: State;
  /** Folder of model repositories, each with its files in the hub's layout. */
  readonly models: string | undefined;
  readonly onProgress: (progress: Progress) => void;
}

/** Serves the page, hands it its job, and stores what it sends. On this machine only. */
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

  /** Listens on a port that is free. */
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
    const { job, state, onProgress } = this.#options;
    if (request.method === "POST") {
      const body = await readBody(request);
      switch (pathname) {
        case PATHS.vectors:
          state.addVectors(
            body,
            Number(searchParams.get("from")),
            Number(searchParams.get("dimensions")),
          );
          break;
        case PATHS.answers:
          state.addAnswer(JSON.parse(body.toString()) as Answer);
          break;
        case PATHS.progress:
          onProgress(JSON.parse(body.toString()) as Progress);
          break;
        default:
          return this.#send(response, 404, pathname);
      }
      return this.#send(response, 204);
    }
    switch (pathname) {
      case PATHS.job:
        return this.#send(response, 200, JSON.stringify(job));
      case PATHS.documents:
        return this.#sendDocuments(response);
      case PATHS.vectors:
        return this.#sendFile(response, state.vectorsFile);
      default:
        return this.#sendFile(response, this.#fileOf(decodeURIComponent(pathname)));
    }
  }

  /** A file of the page, or of a model: `/models/<repository>/resolve/<revision>/<file>`. */
  #fileOf(pathname: string): string | undefined {
    const { page, models } = this.#options;
    if (!pathname.startsWith(MODELS_PATH)) {
      return inside(page, pathname === "/" ? "/index.html" : pathname);
    }
    const path = pathname.slice(MODELS_PATH.length).replace(/\/resolve\/[^/]+\//, "/");
    return models === undefined ? undefined : inside(models, path);
  }

  #sendDocuments(response: ServerResponse): void {
    response.writeHead(200, { ...this.#options.headers, "Content-Type": "application/jsonl" });
    for (const document of this.#options.corpus) response.write(`${JSON.stringify(document)}\n`);
    response.end();
  }

  #sendFile(response: ServerResponse, file: string | undefined): void {
    if (file === undefined || !existsSync(file) || !statSync(file).isFile()) {
      return this.#send(response, 404, "not found");
    }
    response.writeHead(200, {
      ...this.#options.headers,
      "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
      "Content-Length": statSync(file).size,
    });
    createReadStream(file).pipe(response);
  }

  #send(response: ServerResponse, status: number, body = ""): void {
    response.writeHead(status, this.#options.headers).end(body);
  }
}

function inside(folder: string, path: string): string | undefined {
  const file = normalize(join(folder, path));
  return file.startsWith(folder + sep) ? file : undefined;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
