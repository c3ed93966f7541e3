import { expect, test } from "vitest";
import { inTurn } from "./turn.ts";

const HASH = "ab".repeat(32);

test("a holder that says nothing for too long is not waited for: a frozen tab must not block the others", async () => {
  const { promise: frozen, resolve: thaw } = Promise.withResolvers<string>();
  const first = inTurn(
    HASH,
    undefined,
    () => {},
    () => frozen,
  );
  const second = await inTurn(
    HASH,
    undefined,
    () => {},
    async () => "went ahead",
    100,
  );
  expect(second).toBe("went ahead");
  thaw("came back");
  expect(await first).toBe("came back");
});

test("a holder that tells of progress is waited for beyond that", async () => {
  const order: string[] = [];
  const heard: number[] = [];
  const first = inTurn(
    HASH,
    undefined,
    () => {},
    async (tell) => {
      for (let step = 1; step <= 5; step++) {
        await new Promise((later) => setTimeout(later, 1_000));
        tell(step);
      }
      order.push("first");
    },
  );
  const second = inTurn(
    HASH,
    undefined,
    (loaded) => heard.push(loaded),
    async () => void order.push("second"),
    // Longer than one step, shorter than all of them.
    4_000,
  );
  await Promise.all([first, second]);
  expect(order).toEqual(["first", "second"]);
  expect(heard.length).toBeGreaterThan(0);
});

test("what a job throws reaches its caller, and the next one gets its turn", async () => {
  const broken = inTurn(
    HASH,
    undefined,
    () => {},
    () => Promise.reject(new Error("broken")),
  );
  await expect(broken).rejects.toThrow("broken");
  expect(
    await inTurn(
      HASH,
      undefined,
      () => {},
      async () => "next",
    ),
  ).toBe("next");
});

test("a job that was started alone is not started again when its caller gives up", async () => {
  const leaving = new AbortController();
  let started = 0;
  const pending = inTurn(
    HASH,
    leaving.signal,
    () => {},
    async () => {
      started++;
      leaving.abort();
      throw new Error("gave up");
    },
  );
  await expect(pending).rejects.toThrow("gave up");
  expect(started).toBe(1);
});
