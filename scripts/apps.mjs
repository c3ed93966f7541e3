// The page that leads to all apps, and what stands behind its links: an app is built when somebody first opens it, so that the
// demo starts no later for it. Each app has an origin of its own: their storage, service workers and policies do not meet.
import { createServer } from "node:http";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT, say, seconds } from "./setup.mjs";

/**
 * The apps beside the demo. `name` is that of the folder below `examples`; an extension is built too, but loaded by hand.
 * @type {readonly { readonly name: string, readonly title: string, readonly about: string, readonly isExtension?: boolean }[]}
 */
export const APPS = [
  {
    name: "in-page",
    title: "Find in page by meaning",
    about:
      "One script for any site: ask the page a question, and it marks the passages that answer.",
  },
  {
    name: "library",
    title: "Offline library",
    about:
      "Your own files, PDFs and books, found by what they mean. Installable; after the first visit it needs no network.",
  },
  {
    name: "side-panel",
    title: "Side panel",
    about:
      "An extension for Chromium: it remembers the tabs and bookmarks that you choose, and finds what you have read in them.",
    isExtension: true,
  },
];

/** The first port that is tried for an app's server; Vite takes the next free one. */
const FIRST_APP_PORT = 4200;

/**
 * Serves the page with the links on a free port from `port` on.
 * @param {{ demo: string, port: number }} options `demo`: the address of the demo
 * @returns {Promise<string>} its address
 */
export async function serveApps({ demo, port }) {
  const apps = APPS.filter(({ name }) =>
    existsSync(join(ROOT, "examples", name, "vite.config.ts")),
  );
  /** @type {Map<string, Promise<string>>} */
  const opened = new Map();
  const server = createServer((request, response) => {
    const name = /^\/open\/([\w-]+)$/.exec(request.url ?? "")?.[1];
    const app = apps.find((one) => one.name === name);
    const headers = {
      "Content-Type": "text/html; charset=utf-8",
      "Cache-Control": "no-store",
      "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    };
    if (!app) {
      response.writeHead(request.url === "/" ? 200 : 404, headers);
      return response.end(page("Nearfield", listOf(apps, demo)));
    }
    const address = opened.get(app.name) ?? openApp(app);
    opened.set(app.name, address);
    address.then(
      (to) => {
        if (app.isExtension)
          return response.writeHead(200, headers).end(page(app.title, stepsTo(to)));
        response.writeHead(302, { Location: to, "Cache-Control": "no-store" }).end();
      },
      (thrown) => {
        // The next click tries again.
        opened.delete(app.name);
        console.error(thrown);
        response.writeHead(500, headers);
        response.end(
          page(app.title, `<p>This app could not be built: ${escape(String(thrown?.message))}</p>`),
        );
      },
    );
  });
  return listen(server, port);
}

/** Builds an app and serves what was built: gives its address, and of an extension the folder to load. */
async function openApp({ name, isExtension }) {
  const { build, preview } = await import("vite");
  const root = join(ROOT, "examples", name);
  const config = { root, configFile: join(root, "vite.config.ts"), logLevel: "warn" };
  const started = performance.now();
  say(`building ${name} …`);
  await build({ ...config, build: { rolldownOptions: { checks: { bundlerTimings: false } } } });
  if (isExtension) {
    const folder = join(root, "dist");
    say(`${name}: built in ${seconds(started)}, in ${folder}`);
    return folder;
  }
  const server = await preview({ ...config, preview: { port: FIRST_APP_PORT } });
  const address = server.resolvedUrls?.local[0];
  if (!address) throw new Error(`the server of ${name} has no address`);
  say(`${name}: built in ${seconds(started)}, at ${address}`);
  return address;
}

/** Listens on `port` or the next one that is free. */
async function listen(server, port) {
  for (let at = port; ; at++) {
    try {
      await new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(at, "localhost", () => {
          server.off("error", reject);
          resolve();
        });
      });
      return `http://localhost:${server.address().port}/`;
    } catch (thrown) {
      if (thrown.code !== "EADDRINUSE" || at >= 65_535) throw thrown;
    }
  }
}

function listOf(apps, demo) {
  const entry = (href, title, about) =>
    `<li><a href="${escape(href)}">${escape(title)}</a><p>${escape(about)}</p></li>`;
  return `<p>Semantic search that never leaves the page: what it can be. An app is built when you first open it, which takes a few seconds.</p><ul>${[
    entry(
      demo,
      "The demo",
      "Ask the documentation of the packages that are installed here, and your own files.",
    ),
    ...apps.map(({ name, title, about }) => entry(`/open/${name}`, title, about)),
  ].join("")}</ul>`;
}

/** How an unpacked extension is loaded. A page may not link to the browser's own pages. */
function stepsTo(folder) {
  const steps = [
    "Open <code>chrome://extensions</code> in Chromium, Chrome, Edge or Brave.",
    "Switch on <b>Developer mode</b>.",
    `Press <b>Load unpacked</b> and choose the folder <code>${escape(folder)}</code>`,
  ];
  return `<p>It is built. Three steps, and its button is in the toolbar:</p><ol>${steps.map((step) => `<li>${step}</li>`).join("")}</ol><p>Then press the button, or Alt+Shift+N, on a page that you want to remember. <code>npm run side-panel</code> also packs the file for a store.</p><p><a href="/">All apps</a></p>`;
}

function page(title, content) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<style>
  body { font: 17px/1.55 system-ui, sans-serif; max-width: 42rem; margin: 12vh auto; padding: 0 20px;
    background: light-dark(#fbfaf7, #16181b); color: light-dark(#1d1f23, #e9e7e2); }
  h1 { font-size: 1.7rem; letter-spacing: -0.01em; }
  ul { list-style: none; padding: 0; margin: 2rem 0; }
  li { border-top: 1px solid light-dark(#dcd9d0, #34373c); padding: 1.1rem 0; }
  ol { padding-left: 1.4rem; }
  code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
  li p { margin: 0.2rem 0 0; color: light-dark(#5b5e66, #a9abb0); }
  a { color: light-dark(#0a58ca, #8ab8ff); font-weight: 600; text-underline-offset: 3px; }
</style>
<main><h1>${escape(title)}</h1>${content}</main>
</html>
`;
}

function escape(text) {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
