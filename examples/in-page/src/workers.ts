/**
 * Starts a worker from the address of its script. A browser starts no worker from another origin's script, and this one may be
 * included anywhere: then a worker of the page's own origin imports it. Where the script comes from must allow that by CORS, and
 * the page's policy must allow workers from `blob:`.
 */
export function startWorker(address: string): Worker {
  const url = new URL(address, import.meta.url);
  if (url.origin === location.origin) return new Worker(trusted(url.href), { type: "module" });
  const source = `import ${JSON.stringify(url.href)};`;
  const wrapper = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  // The worker reads its script after this function has returned, and no event says when. A few bytes for each worker.
  return new Worker(trusted(wrapper), { type: "module" });
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { readonly createScriptURL: (url: string) => string },
  ): { readonly createScriptURL: (url: string) => URL };
}

let makeTrusted: ((url: string) => string | URL) | undefined;

/** Where a page demands trusted types, an address of a script has to be one; `trusted-types` there must name "nearfield". */
function trusted(url: string): string | URL {
  makeTrusted ??= makeTruster();
  return makeTrusted(url);
}

function makeTruster(): (url: string) => string | URL {
  const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes };
  try {
    const policy = trustedTypes?.createPolicy("nearfield", { createScriptURL: (url) => url });
    if (policy) return (url) => policy.createScriptURL(url);
  } catch {
    // The page knows no policy of this name. Where it demands trusted types, the worker is refused with a reason.
  }
  return (url) => url;
}
