import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { sha256, type ModelFile, type RetrievalError } from "@nearfield/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fetchVerified } from "./file.ts";
import { memoryShelf } from "./fixtures/shelf.ts";

const BYTES = Uint8Array.from({ length: 100_000 }, (_, at) => (at * 31) % 251);
const HALF = BYTES.subarray(0, 50_000);

let server: Server;
let requests: { readonly cacheControl: string | undefined }[];
let answer: RequestListener;

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push({ cacheControl: request.headers["cache-control"] });
    answer(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

async function fileOnServer(): Promise<ModelFile> {
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/model.onnx`,
    byteLength: BYTES.length,
    sha256: await sha256(BYTES),
  };
}

/** One more try, at once: what is told after the last one is what counts here. */
const retry = { tries: 2, firstMs: 1 };

const whole: RequestListener = (_, response) => response.end(BYTES);

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "fulfilled",
    (thrown: RetrievalError) => thrown.code,
  );

describe("good bytes", () => {
  test("come from the network once, are stored, and then come from the cache", async () => {
    answer = whole;
    const [file, cache] = [await fileOnServer(), memoryShelf()];
    const progress: number[] = [];
    const first = await fetchVerified(file, { cache, onProgress: (n) => void progress.push(n) });
    const second = await fetchVerified(file, { cache });
    expect([first.from, second.from]).toEqual(["network", "cache"]);
    expect(second.bytes).toEqual(BYTES);
    expect(first.notStored).toBeNull();
    expect(requests).toHaveLength(1);
    expect(progress.at(-1)).toBe(BYTES.length);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  test("go on to the caller where they can not be stored, and it is said", async () => {
    answer = whole;
    const cache = { ...memoryShelf(), writePart: () => Promise.reject(new TypeError("no room")) };
    const file = await fetchVerified(await fileOnServer(), { cache });
    expect(file.bytes).toEqual(BYTES);
    expect(file.notStored?.code).toBe("STORAGE_UNAVAILABLE");
  });

  test("go on to the caller where there is no Cache Storage at all", async () => {
    answer = whole;
    const file = await fetchVerified(await fileOnServer()); // Node has none
    expect(file.bytes).toEqual(BYTES);
    expect(file.notStored?.code).toBe("STORAGE_UNAVAILABLE");
  });

  test("of a data: URL need no network and no storage", async () => {
    const bytes = Uint8Array.from([1, 2, 255]);
    for (const url of ["data:text/plain;base64,AQL/", "data:,%01%02"]) {
      const expected = url.includes("base64") ? bytes : bytes.slice(0, 2);
      const file = { url, byteLength: expected.length, sha256: await sha256(expected) };
      const got = await fetchVerified(file);
      expect(got.bytes).toEqual(expected);
      expect(got.notStored).toBeNull();
    }
  });
});

describe("bad bytes are never stored", () => {
  const bad: [string, RequestListener, string][] = [
    [
      "wrong bytes of the right length",
      (_, r) => r.end(new Uint8Array(BYTES.length)),
      "MODEL_INTEGRITY",
    ],
    [
      "one flipped bit",
      (_, r) => r.end(BYTES.map((b, i) => (i === 7 ? b ^ 1 : b))),
      "MODEL_INTEGRITY",
    ],
    ["a short chunked body", (_, r) => (r.write(HALF), r.end()), "MODEL_INTEGRITY"],
    ["a body that is too long", (_, r) => (r.write(BYTES), r.end("x")), "MODEL_INTEGRITY"],
    ["no body", (_, r) => r.end(), "MODEL_INTEGRITY"],
    [
      "a web page with status 200",
      (_, r) =>
        r.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<!doctype html>"),
      "MODEL_INTEGRITY",
    ],
    ["404", (_, r) => r.writeHead(404).end("not here"), "MODEL_UNAVAILABLE"],
    ["503", (_, r) => r.writeHead(503).end(), "MODEL_UNAVAILABLE"],
    [
      "a connection that breaks",
      (_, r) => {
        r.setHeader("content-length", BYTES.length);
        r.write(HALF, () => setTimeout(() => r.destroy(), 20));
      },
      "MODEL_UNAVAILABLE",
    ],
    ["a server that falls silent in the middle", (_, r) => void r.write(HALF), "MODEL_UNAVAILABLE"],
    ["a server that never answers", () => {}, "MODEL_UNAVAILABLE"],
  ];
  test.for(bad)("%s", async ([, listener, code]) => {
    answer = listener;
    const cache = memoryShelf();
    expect(await codeOf(fetchVerified(await fileOnServer(), { cache, stallMs: 200, retry }))).toBe(
      code,
    );
    expect(cache.parts.size).toBe(0);
  });

  test("are fetched once more past every cache, in case a copy on the way was bad", async () => {
    answer = (_, response) =>
      response.end(requests.length === 1 ? new Uint8Array(BYTES.length) : BYTES);
    const file = await fetchVerified(await fileOnServer(), { cache: memoryShelf() });
    expect(file.bytes).toEqual(BYTES);
    expect(requests[1]?.cacheControl).toBe("no-cache");
  });

  test("in the cache are deleted, and the file is fetched again", async () => {
    answer = whole;
    const [file, cache] = [await fileOnServer(), memoryShelf()];
    for (const poison of [new Uint8Array(BYTES.length), HALF]) {
      cache.parts.set(`${file.sha256}/0`, Uint8Array.from(poison));
      expect((await fetchVerified(file, { cache })).from).toBe("network");
      expect((await fetchVerified(file, { cache })).from).toBe("cache");
    }
  });
});

test("without a network a stored file is served, and another is MODEL_UNAVAILABLE_OFFLINE", async () => {
  answer = whole;
  const [file, cache] = [await fileOnServer(), memoryShelf()];
  await fetchVerified(file, { cache });
  await new Promise((closed) => server.close(closed).closeAllConnections());
  expect((await fetchVerified(file, { cache })).from).toBe("cache");
  expect(await codeOf(fetchVerified(file, { cache: memoryShelf() }))).toBe(
    "MODEL_UNAVAILABLE_OFFLINE",
  );
});

describe("an abort", () => {
  test("in the middle of a body rejects with ABORTED and stores nothing", async () => {
    answer = (_, response) => void response.write(HALF);
    const [cache, controller] = [memoryShelf(), new AbortController()];
    const pending = fetchVerified(await fileOnServer(), {
      cache,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect(await codeOf(pending)).toBe("ABORTED");
    expect(cache.parts.size).toBe(0);
  });

  test("before the call rejects without a request", async () => {
    answer = whole;
    const pending = fetchVerified(await fileOnServer(), { signal: AbortSignal.abort() });
    expect(await codeOf(pending)).toBe("ABORTED");
    expect(requests).toHaveLength(0);
  });
});
