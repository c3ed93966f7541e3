import { sha256, type ModelFile } from "@nearfield/core";
import { afterEach, expect, test } from "vitest";
import { fetchVerified } from "../file.ts";
import { CACHE_NAME, openShelf } from "./cache-storage.ts";

const BYTES = crypto.getRandomValues(new Uint8Array(40_000));
const urls: string[] = [];

async function makeFile(): Promise<ModelFile> {
  const url = URL.createObjectURL(new Blob([BYTES]));
  urls.push(url);
  return { url, byteLength: BYTES.length, sha256: await sha256(BYTES) };
}

afterEach(async () => {
  for (const url of urls.splice(0)) URL.revokeObjectURL(url);
  await caches.delete(CACHE_NAME);
});

test("what was fetched once is served from Cache Storage when its source is gone", async () => {
  const file = await makeFile();
  expect((await fetchVerified(file)).from).toBe("network");
  URL.revokeObjectURL(file.url);
  const again = await fetchVerified(file);
  expect(again.from).toBe("cache");
  expect(again.bytes).toEqual(BYTES);
});

test("a damaged entry of Cache Storage is replaced", async () => {
  const file = await makeFile();
  await fetchVerified(file);
  const shelf = await openShelf();
  await shelf.writePart(
    file.sha256,
    0,
    BYTES.map((byte) => byte ^ 1),
  );
  expect((await fetchVerified(file)).from).toBe("network");
  const kept = new Uint8Array(BYTES.length);
  expect(await shelf.read(file.sha256, kept)).toBe(BYTES.length);
  expect(kept).toEqual(BYTES);
});

test("several callers at once download a file once", async () => {
  const file = await makeFile();
  const files = await Promise.all([1, 2, 3, 4].map(() => fetchVerified(file)));
  expect(files.map(({ from }) => from).toSorted()).toEqual(["cache", "cache", "cache", "network"]);
});

test("waiting for another's download can be aborted", async () => {
  const file = await makeFile();
  const released = Promise.withResolvers<void>();
  const held = navigator.locks.request(`nearfield:download:${file.sha256}`, () => released.promise);
  const pending = fetchVerified(file, { signal: AbortSignal.timeout(50) });
  await expect(pending).rejects.toMatchObject({ code: "ABORTED" });
  released.resolve();
  await held;
});
