import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { APPS, serveApps } from "./apps.mjs";
import { ROOT } from "./setup.mjs";

test("every app of the list has a folder that can be built, and a line on the page that leads to it", async () => {
  const address = await serveApps({ demo: "http://localhost:1/?a&b", port: 0 });
  const html = await (await fetch(address)).text();
  expect(html).toContain('href="http://localhost:1/?a&#38;b"');
  for (const { name, title } of APPS) {
    expect(existsSync(join(ROOT, "examples", name, "vite.config.ts")), name).toBe(true);
    expect(html).toContain(`href="/open/${name}">${title}<`);
  }
});

test("an app that is not there is not found, and the page leads on", async () => {
  const address = await serveApps({ demo: "http://localhost:1/", port: 0 });
  const answer = await fetch(`${address}open/nothing`);
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain("The demo");
});
