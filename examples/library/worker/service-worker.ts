// Keeps the app usable without its server. It never touches the library: that is in IndexedDB, and survives every update.
export {};

declare const self: ServiceWorkerGlobalScope;

/** Filled in after the build (see `plugin/offline.ts`): changes whenever a file does, and with it this script. */
const BUILD: {
  readonly version: string;
  /** The app, the runtime for WASM, the model, what pdf.js needs. */
  readonly always: readonly string[];
  /** The runtime for WebGPU: stored where it is used. */
  readonly webgpu: readonly string[];
} = JSON.parse("__BUILD__");

const PREFIX = "nearfield-library-app-";
const CACHE = PREFIX + BUILD.version;
const SHARED = "nearfield-library-shared";

const PAGE = absolute("index.html");
const WEBGPU: ReadonlySet<string> = new Set(BUILD.webgpu.map(absolute));

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      const old = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
      await Promise.all(old.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") event.waitUntil(self.skipWaiting());
  if (event.data === "keep webgpu") event.waitUntil(keepWebgpu());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.method === "POST" && pathname === new URL(absolute("share")).pathname) {
    return event.respondWith(takeShared(request));
  }
  // A part of a file must not be stored as the whole of it.
  if (request.method !== "GET" || request.headers.has("range")) return;
  event.respondWith(answer(event));
});

/** All or nothing: a version that is not wholly stored is never used. */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  const fresh: string[] = [];
  for (const path of BUILD.always) {
    // Named by their content: what an older version has stored under this name is the same.
    const known = path.startsWith("assets/") ? await caches.match(absolute(path)) : undefined;
    if (known) await cache.put(absolute(path), known);
    else fresh.push(path);
  }
  // Past the HTTP cache: an old page there must not become a part of a new version.
  await cache.addAll(fresh.map((path) => new Request(absolute(path), requestInit(path))));
}

function requestInit(path: string): RequestInit {
  return { cache: path.startsWith("assets/") ? "default" : "reload" };
}

async function keepWebgpu(): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const url of WEBGPU) {
    if (!(await cache.match(url))) await cache.add(url);
  }
}

async function answer({ request }: FetchEvent): Promise<Response> {
  const cache = await caches.open(CACHE);
  const key = request.mode === "navigate" ? PAGE : bare(request.url);
  const stored = await cache.match(key);
  if (stored) return stored;
  const response = await fetch(request);
  if (response.status === 200 && WEBGPU.has(key)) {
    // Where there is no room the app still works, only not on the graphics processor without its server.
    await cache.put(key, response.clone()).catch(() => {});
  }
  return response;
}

/** Puts what another app shares where the page finds it at its start, and sends the person there. */
async function takeShared(request: Request): Promise<Response> {
  const form = await request.formData();
  const cache = await caches.open(SHARED);
  const files = form.getAll("files").filter((entry) => entry instanceof File);
  const words = ["title", "text", "url"].flatMap((name) => {
    const value = form.get(name);
    return typeof value === "string" && value.trim() !== "" ? [value] : [];
  });
  if (files.length === 0 && words.length > 0) {
    const name = `Shared ${new Date().toISOString().slice(0, 19).replaceAll(":", ".")}.txt`;
    files.push(new File([words.join("\n\n")], name, { type: "text/plain" }));
  }
  for (const file of files) {
    const key = absolute(`shared/${encodeURIComponent(file.name)}`);
    await cache.put(key, new Response(file, { headers: { "Content-Type": file.type } }));
  }
  return Response.redirect(absolute("./"), 303);
}

function bare(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function absolute(path: string): string {
  return new URL(path, self.registration.scope).href;
}
