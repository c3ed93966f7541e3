// Keeps the page usable without its server. It never touches the index: that is IndexedDB's, and survives every update.
export {};

declare const self: ServiceWorkerGlobalScope;

/** Filled in after the build (see `plugin/offline.ts`): changes whenever a file does, and with it this script. */
const BUILD: {
  readonly version: string;
  readonly shell: readonly string[];
  readonly heavy: readonly string[];
} = JSON.parse("__BUILD__");

/** The page, its scripts and styles: stored whole at installation, a cache for each version. */
const SHELL = `nearfield-demo-shell-${BUILD.version}`;

/**
 * The runtime: megabytes, named by their content, stored when they are first fetched, and kept over versions. In the
 * shell they would all be fetched again with each release, and those of the device that is not used, too. The model's
 * files are in neither: Nearfield keeps them on a shelf of its own, each with its checksum.
 */
const HEAVY = "nearfield-demo-heavy";

const HEAVY_URLS: ReadonlySet<string> = new Set(BUILD.heavy.map(absolute));
const PAGE = absolute("index.html");

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(SHELL);
      // Past the HTTP cache: an old index.html there must not become a part of a new version.
      await cache.addAll(
        BUILD.shell.map((path) => new Request(absolute(path), { cache: "reload" })),
      );
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      const old = names.filter(
        (name) => name.startsWith("nearfield-demo-shell-") && name !== SHELL,
      );
      await Promise.all(old.map((name) => caches.delete(name)));
      const heavy = await caches.open(HEAVY);
      const stale = (await heavy.keys()).filter((request) => !HEAVY_URLS.has(request.url));
      await Promise.all(stale.map((request) => heavy.delete(request)));
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") event.waitUntil(self.skipWaiting());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  // A part of a file must not be stored as the whole of it.
  if (request.headers.has("range")) return;
  event.respondWith(HEAVY_URLS.has(bare(request.url)) ? fetchHeavy(event) : fetchShell(request));
});

async function fetchShell(request: Request): Promise<Response> {
  const cache = await caches.open(SHELL);
  const key = request.mode === "navigate" ? PAGE : bare(request.url);
  return (await cache.match(key)) ?? fetch(request);
}

async function fetchHeavy(event: FetchEvent): Promise<Response> {
  const cache = await caches.open(HEAVY);
  const key = bare(event.request.url);
  const stored = await cache.match(key);
  if (stored) return stored;
  const response = await fetch(event.request);
  // Where there is no room the page still works, only not without its server.
  if (response.status === 200) event.waitUntil(cache.put(key, response.clone()).catch(() => {}));
  return response;
}

function bare(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function absolute(path: string): string {
  return new URL(path, self.registration.scope).href;
}
