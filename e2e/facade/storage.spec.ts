import { KNOWN_DOCUMENTS } from "../harness/corpus.ts";
import { expect, extendedAfter, test } from "../harness/fixtures.ts";

const INDEX_WORKER = /index-worker/;

for (const [at, [what, code]] of (
  [
    [
      "refuses with a SecurityError",
      `IDBFactory.prototype.open = () => { throw new DOMException("denied", "SecurityError"); }`,
    ],
    ["is not there at all", `Object.defineProperty(globalThis, "indexedDB", { value: undefined })`],
    [
      "fails every open",
      // After the store's own handler has run, as a disk that can not be written fails.
      `{ const open = IDBFactory.prototype.open;
       IDBFactory.prototype.open = function () {
         const request = open.call(this, "never-" + Math.random());
         queueMicrotask(() => {
           request.addEventListener("upgradeneeded", () => request.transaction.abort());
         });
         return request;
       } }`,
    ],
  ] as const
).entries()) {
  test(
    `where IndexedDB ${what}, search works in memory and status says ephemeral`,
    extendedAfter(at),
    async ({ bare, site }) => {
      site.misbehave(INDEX_WORKER, { kind: "prepend", code });
      const seen = await bare.evaluate(async (documents) => {
        const search = await nearfield.openSearch({ name: "refused", device: "wasm" });
        await search.add(documents);
        const best = (await nearfield.idsOf(search, "recipe for baking bread"))[0];
        const removed = await search.remove(["bread"]);
        const without = await nearfield.idsOf(search, "recipe for baking bread", 100);
        const { persistence, degraded } = search.status();
        await search.destroy();
        return { best, removed, without, persistence, degraded };
      }, KNOWN_DOCUMENTS);
      expect(seen).toMatchObject({ best: "bread", removed: 1, persistence: "ephemeral" });
      expect(seen.without).not.toContain("bread");
      expect(seen.degraded.map(({ code }) => code)).toContain("STORAGE_UNAVAILABLE");
    },
  );
}

test("when the storage is full, add says STORAGE_FULL, search goes on, and removing makes room", async ({
  bare,
  site,
  context,
}) => {
  const session = await context.newCDPSession(bare);
  // The model's own cache lives within the same quota, so it comes first. The index comes after the override: a database
  // that is open already goes by the room that there was when it last asked.
  await bare.evaluate(async () => {
    await nearfield.openEncoder({ device: "wasm" }).encode(["warm"]);
  });
  const { usage } = await session.send("Storage.getUsageAndQuota", { origin: site.isolated });
  const roomBytes = 4 * 2 ** 20;
  await session.send("Storage.overrideQuotaForOrigin", {
    origin: site.isolated,
    quotaSize: usage + roomBytes,
  });
  await bare.evaluate(async (documents) => {
    kept.search = await nearfield.openSearch({ name: "full", device: "wasm" });
    await kept.search.add(documents);
  }, KNOWN_DOCUMENTS);
  const seen = await bare.evaluate(async () => {
    const { search } = kept;
    // Fields are stored but not encoded: the quickest way to fill a disk. Random, as stored values are compressed.
    const noise = () => {
      const units = crypto.getRandomValues(new Uint16Array(30_000));
      return String.fromCharCode(...units.map((unit) => unit % 0xd800));
    };
    const stored: string[] = [];
    let code = "no error";
    for (let at = 0; at < 100 && code === "no error"; at++) {
      const document = {
        id: `big-${at}`,
        text: `big note ${at}`,
        fields: { noise: noise(), more: noise() },
      };
      code = await nearfield.codeOf(() => search.add([document]));
      if (code === "no error") stored.push(document.id);
    }
    const best = (await nearfield.idsOf(search, "recipe for baking bread"))[0];
    const found = Object.keys(await nearfield.storedIn(search)).filter((id) =>
      id.startsWith("big"),
    );
    return { code, stored, best, found };
  });
  expect(seen.code).toBe("STORAGE_FULL");
  expect(seen.stored.length).toBeGreaterThan(0);
  expect(seen.best).toBe("bread");
  expect(seen.found.toSorted()).toEqual(seen.stored.toSorted());
  const after = await bare.evaluate(async (ids) => {
    const { search } = kept;
    const removed = await search.remove(ids);
    // The browser gives room back when it next tidies up, which may be a moment after the transaction.
    let code = "STORAGE_FULL";
    for (let tries = 0; tries < 40 && code === "STORAGE_FULL"; tries++) {
      code = await nearfield.codeOf(() =>
        search.add([{ id: "after", text: "There is room again." }]),
      );
      if (code === "STORAGE_FULL") await new Promise((resolve) => setTimeout(resolve, 250));
    }
    const best = (await nearfield.idsOf(search, "is there space?"))[0];
    return { removed, code, best, documents: search.status().counts.documents };
  }, seen.stored);
  expect(after).toEqual({
    removed: seen.stored.length,
    code: "no error",
    best: "after",
    documents: KNOWN_DOCUMENTS.length + 1,
  });
  await session.send("Storage.overrideQuotaForOrigin", { origin: site.isolated });
});
