/** How far the app itself is stored for use without its server. */
export type OfflineState = "ready" | "preparing" | "unavailable";

export interface OfflineOptions {
  readonly onState: (state: OfflineState) => void;
  /** A newer version is stored and waits; `apply` takes it and reloads. */
  readonly onUpdate: (apply: () => void) => void;
  /** Another tab has taken a newer version: this one is an old page over a new app, and `apply` reloads it. */
  readonly onOvertaken: (apply: () => void) => void;
}

/** How often a page that stays open asks for a newer version. */
const UPDATE_MS = 3_600_000;

/** Where the service worker puts what another app has shared; it is taken from there at the next start. */
const SHARED = "nearfield-library-shared";

/** Registers the service worker. The library does not wait for it: it stores beforehand all that is needed. */
export async function startOffline({
  onState,
  onUpdate,
  onOvertaken,
}: OfflineOptions): Promise<void> {
  if (import.meta.env.DEV || !("serviceWorker" in navigator)) return onState("unavailable");
  onState("preparing");
  const { serviceWorker } = navigator;
  try {
    const url = `${import.meta.env.BASE_URL}service-worker.js`;
    const registration = await serviceWorker.register(url, {
      type: "module",
      updateViaCache: "none",
    });
    watchUpdates(registration, onUpdate);
    if (serviceWorker.controller) {
      serviceWorker.addEventListener("controllerchange", () =>
        onOvertaken(() => location.reload()),
      );
    }
    // Offline there is nothing to ask, and the next time will do.
    setInterval(() => void registration.update().catch(() => {}), UPDATE_MS);
    await serviceWorker.ready;
    onState("ready");
  } catch {
    // A private window, a policy, a page without TLS: the library works all the same.
    onState("unavailable");
  }
}

/** Ends the service worker and deletes what it has stored. */
export async function endOffline(): Promise<void> {
  const registrations = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  await Promise.all(registrations.map((registration) => registration.unregister()));
  const names = "caches" in window ? await caches.keys() : [];
  await Promise.all(names.map((name) => caches.delete(name)));
}

/** Files that another app has shared with this one since the last start, each given once. */
export async function takeShared(): Promise<File[]> {
  if (!("caches" in window) || !(await caches.has(SHARED))) return [];
  const cache = await caches.open(SHARED);
  const files: File[] = [];
  for (const request of await cache.keys()) {
    const response = await cache.match(request);
    if (!response) continue;
    const name = decodeURIComponent(new URL(request.url).pathname.split("/").at(-1) ?? "");
    const { type } = await response.clone().blob();
    files.push(new File([await response.blob()], name, { type }));
  }
  await caches.delete(SHARED);
  return files;
}

function watchUpdates(
  registration: ServiceWorkerRegistration,
  onUpdate: OfflineOptions["onUpdate"],
): void {
  const offer = (): void => {
    const { waiting } = registration;
    if (!waiting || !navigator.serviceWorker.controller) return;
    onUpdate(() => {
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), {
        once: true,
      });
      waiting.postMessage("take over");
    });
  };
  offer();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", offer);
  });
}
