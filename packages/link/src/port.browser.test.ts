// Calls over a MessagePort, page to worker: one side closes or dies.
import { expect, test } from "vitest";
import { Connection } from "./connect.ts";
import type { PortCalls } from "./fixtures/calls.ts";
import { failureOf, sleep, start } from "./fixtures/spawn.ts";
import { serve } from "./serve.ts";

/** A worker that serves `PortCalls`, and the connection to it. */
async function connect() {
  const link = start();
  const { port1, port2 } = new MessageChannel();
  await link.call("connect", { port: port1 }, { transfer: [port1] });
  return { link, port: port2, connection: new Connection<PortCalls>(port2) };
}

/** A call that is at work on the other side, and how it fails. */
async function hang(connection: Connection<PortCalls>) {
  const began = Promise.withResolvers<void>();
  const failure = failureOf(connection.call("wait", null, { onProgress: () => began.resolve() }));
  await began.promise;
  return { failure };
}

test("a port carries calls", async () => {
  const { link, connection } = await connect();
  using _link = link;
  await connection.ready;
  expect(await connection.call("add", [1, 2, 3])).toBe(6);
  expect(await failureOf(connection.call("wait", null, { deadlineMs: 50 }))).toMatchObject({
    code: "TIMEOUT",
  });
});

test("when the caller disposes its connection, its calls are CLOSED and the jobs abort", async () => {
  const { link, connection } = await connect();
  using _link = link;
  const { failure } = await hang(connection);
  connection.close();
  connection.close();
  expect(await failure).toMatchObject({ code: "CLOSED" });
  expect(await failureOf(connection.call("add", []))).toMatchObject({ code: "CLOSED" });
  await expect.poll(() => link.call("lastReason", null)).toBe("CLOSED");
});

test("when the serving side stops, what is pending is WORKER_LOST, and all that comes", async () => {
  const { link, connection } = await connect();
  using _link = link;
  const { failure } = await hang(connection);
  await link.call("disconnect", null);
  expect(await failure).toMatchObject({ code: "WORKER_LOST" });
  expect(await failureOf(connection.call("add", []))).toMatchObject({ code: "WORKER_LOST" });
  expect(await link.call("lastReason", null)).toBe("CLOSED");
});

test.each(["self-close", "terminate"] as const)(
  "when the serving worker dies (%s), what is pending is WORKER_LOST",
  async (how) => {
    const { link, connection } = await connect();
    const { failure } = await hang(connection);
    if (how === "self-close") await failureOf(link.call("break", how));
    link[Symbol.dispose]();
    expect(await failure).toMatchObject({ code: "WORKER_LOST" });
  },
);

test("where the browser tells of a closed port, both sides listen", async () => {
  // Chromium 156 has no such event: there the frames of `close` and `stop` do all the work.
  const { port1, port2 } = new MessageChannel();
  const reason = Promise.withResolvers<unknown>();
  const server = serve<PortCalls>(
    {
      add: () => 0,
      lastReason: () => "",
      wait: (_, job) => {
        job.signal.addEventListener("abort", () => reason.resolve(job.signal.reason));
        job.report(null);
        return new Promise<null>(() => {});
      },
    },
    port1,
  );
  const connection = new Connection<PortCalls>(port2);
  const { failure } = await hang(connection);
  port2.dispatchEvent(new Event("close"));
  expect(await failure).toMatchObject({ code: "WORKER_LOST" });
  port1.dispatchEvent(new Event("close"));
  expect(await reason.promise).toMatchObject({ code: "CLOSED" });
  server[Symbol.dispose]();
});

test("a port that nobody serves is WORKER_UNAVAILABLE after `startMs`", async () => {
  const { port1, port2 } = new MessageChannel();
  const failures: unknown[] = [];
  const connection = new Connection<PortCalls>(port2, (failure) => void failures.push(failure), {
    startMs: 50,
  });
  const failure = await failureOf(connection.call("add", []));
  expect(failure).toMatchObject({ code: "WORKER_UNAVAILABLE" });
  expect(failures).toEqual([failure]);
  expect(await failureOf(connection.ready)).toBe(failure);
  port1.close();
});

test("a port that is served in time does not lose its life to `startMs`", async () => {
  using link = start();
  await link.call("prepare", null);
  const { port1, port2 } = new MessageChannel();
  using connection = new Connection<PortCalls>(port2, undefined, { startMs: 1000 });
  await link.call("connect", { port: port1 }, { transfer: [port1] });
  await connection.ready;
  await sleep(1100);
  expect(await connection.call("add", [1, 2])).toBe(3);
});
