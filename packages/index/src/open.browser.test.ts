import { afterEach, beforeEach, expect, it } from "vitest";
import { codeOf } from "./fixtures/flat-index-suite.ts";
import { blockOf, DIMENSIONS, Model, queryOf, type Marks } from "./fixtures/model.ts";
import { openRaw } from "./fixtures/raw.ts";
import { IndexedDbStore } from "./indexed-db-store.ts";
import { openFlatIndex, type OpenOptions } from "./open.ts";

const A: Marks = { id: "a", version: 1, rows: 2 };
const REAL = indexedDB;

let options: OpenOptions;
let leftOver: (() => void)[];

beforeEach(() => {
  options = {
    name: `open ${Math.random()}`,
    dimensions: DIMENSIONS,
    fingerprint: "space",
  };
  leftOver = [];
});
afterEach(async () => {
  Object.defineProperty(globalThis, "indexedDB", { value: REAL, configurable: true });
  for (const clear of leftOver) clear();
  await IndexedDbStore.delete(options.name);
});

function replaceOpen(open: (...args: Parameters<IDBFactory["open"]>) => IDBOpenDBRequest): void {
  const value = Object.create(REAL, { open: { value: open } }) as IDBFactory;
  Object.defineProperty(globalThis, "indexedDB", { value, configurable: true });
}

function refuseWith(name: string): () => void {
  return () =>
    replaceOpen(() => {
      throw new DOMException("refused", name);
    });
}

it("what is stored is there in the next opening", async () => {
  const index = await openFlatIndex(options);
  await index.commit(blockOf(A));
  await index.close();
  const again = await openFlatIndex(options);
  expect(await again.report()).toMatchObject({
    entries: 1,
    rows: 2,
    generation: 1,
    persistence: "best-effort",
    degraded: [],
  });
  expect((await again.search(queryOf(1), 5)).hits).toEqual(
    new Model().commit([A]).search(queryOf(1), 5),
  );
  await again.destroy();
  const names = (await indexedDB.databases()).map((database) => database.name);
  expect(names).not.toContain(`nearfield:${options.name}`);
});

it.each<[string, () => void]>([
  [
    "is not there at all",
    () => Object.defineProperty(globalThis, "indexedDB", { value: undefined, configurable: true }),
  ],
  ["is forbidden by a policy", refuseWith("SecurityError")],
  ["is not for private windows", refuseWith("InvalidStateError")],
  ["can not open its files", refuseWith("UnknownError")],
  ["never answers", () => replaceOpen((name, version) => hanging(name, version))],
])("where IndexedDB %s, the index lives in memory and says so", async (_, refuse) => {
  refuse();
  const index = await openFlatIndex({ ...options, openTimeoutMs: 300 });
  expect(await index.commit(blockOf(A))).toMatchObject({
    entries: 1,
    persistence: "ephemeral",
    degraded: [{ code: "STORAGE_UNAVAILABLE" }],
  });
  expect((await index.search(queryOf(1), 5)).hits).toEqual(
    new Model().commit([A]).search(queryOf(1), 5),
  );
  await index.close();
});

it("a store of a later version is no refusal: nothing is kept in memory instead", async () => {
  (await openRaw(options.name, 2)).close();
  expect(await codeOf(openFlatIndex(options))).toBe("FORMAT_TOO_NEW");
});

it("an opening that comes too late does not stay open in anybody's way", async () => {
  let release = () => {};
  replaceOpen((name, version) => {
    const { request, letGo } = delayed(name, version);
    release = letGo;
    return request;
  });
  const index = await openFlatIndex({ ...options, openTimeoutMs: 300 });
  expect((await index.report()).persistence).toBe("ephemeral");
  await index.close();
  release();
  Object.defineProperty(globalThis, "indexedDB", { value: REAL, configurable: true });
  // Without a handler that closes it, this connection would block the next version for ever.
  const newer = await openRaw(options.name, 2);
  expect(newer.version).toBe(2);
  newer.close();
});

/** A request that is never answered while the test runs. */
function hanging(name: string, version: number | undefined): IDBOpenDBRequest {
  const { request, letGo } = delayed(name, version);
  leftOver.push(letGo);
  return request;
}

/** A real opening whose version change is held open, so that it succeeds only when let go. */
function delayed(
  name: string,
  version: number | undefined,
): { readonly request: IDBOpenDBRequest; readonly letGo: () => void } {
  const request = REAL.open(name, version);
  let isReleased = false;
  request.addEventListener("upgradeneeded", () => {
    const store = request.result.createObjectStore("held");
    const spin = () => {
      if (!isReleased) store.get(0).addEventListener("success", spin);
    };
    spin();
  });
  return { request, letGo: () => (isReleased = true) };
}
