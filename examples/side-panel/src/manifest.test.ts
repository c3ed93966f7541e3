import { expect, test } from "vitest";
import manifest from "../public/manifest.json";

test("the manifest asks for no more than the panel needs, and the rest when it is needed", () => {
  expect(manifest.manifest_version).toBe(3);
  expect(manifest.permissions).toEqual([
    "sidePanel",
    "offscreen",
    "storage",
    "scripting",
    "activeTab",
  ]);
  expect(manifest.optional_permissions).toEqual(["bookmarks"]);
  expect(manifest.optional_host_permissions).toEqual(["*://*/*"]);
  expect(manifest).not.toHaveProperty("host_permissions");
  expect(manifest).not.toHaveProperty("content_scripts");
  expect(manifest.incognito).toBe("not_allowed");
});

test("its policy runs the extension's own files and nothing else", () => {
  const policy = Object.fromEntries(
    manifest.content_security_policy.extension_pages.split("; ").map((directive) => {
      const [name, ...sources] = directive.split(" ");
      return [name, sources.join(" ")];
    }),
  );
  expect(policy).toMatchObject({
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "worker-src": "'self'",
    "object-src": "'self'",
  });
});

test("a store takes its words: no name or description is too long", () => {
  expect(manifest.name.length).toBeLessThanOrEqual(75);
  expect(manifest.description.length).toBeLessThanOrEqual(132);
  expect(manifest.version).toMatch(/^\d+(?:\.\d+){0,3}$/);
});
