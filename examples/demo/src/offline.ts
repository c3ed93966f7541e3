import type { OfflineState } from "./status.ts";

export interface OfflineOptions {
  readonly onState: (state: OfflineState) => void;
  /** A newer version of the page is stored and waits; `apply` takes it and reloads. */
  readonly onUpdate: (apply: () => void) => void;
}

/**
 * On a first visit the search waits so long, and no longer, for the service worker: what the workers fetch after it took
 * over is stored on its way, so that nothing has to be fetched twice.
 */
const CONTROL_MS = 4_000;

/** Registers the service worker; resolves when it serves this page, or when it is clear that it will not for now. */
export async function startOffline({ onState, onUpdate }: OfflineOptions): Promise<void> {
  if (import.meta.env.DEV || !("serviceWorker" in navigator)) return onState("unavailable");
  const { serviceWorker } = navigator;
  try {
    const controlled = new Promise<void>((resolve) => {
      if (serviceWorker.controller) resolve();
      serviceWorker.addEventListener("controllerchange", () => resolve(), { once: true });
      setTimeout(resolve, CONTROL_MS);
    });
    const registration = await serviceWorker.register(
      `${import.meta.env.BASE_URL}service-worker.js`,
      {
        type: "module",
        updateViaCache: "none",
      },
    );
    watchUpdates(registration, onUpdate);
    await controlled;
    onState(serviceWorker.controller ? "ready" : "preparing");
    serviceWorker.addEventListener("controllerchange", () => onState("ready"));
  } catch {
    // A private window, a policy, a page without TLS: the search works all the same.
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
