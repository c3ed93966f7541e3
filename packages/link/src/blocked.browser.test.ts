// The policies are set for this whole document, which is why these tests have a file of their own.
import { expect, test } from "vitest";
import { failureOf, start } from "./fixtures/spawn.ts";

function allowOnly(policy: string) {
  const meta = document.createElement("meta");
  meta.httpEquiv = "Content-Security-Policy";
  meta.content = policy;
  document.head.append(meta);
}

// In this order: what Trusted Types forbid never gets as far as worker-src.
test.each(["worker-src 'none'", "require-trusted-types-for 'script'"])(
  "a worker that a policy forbids (%s) is WORKER_UNAVAILABLE",
  async (policy) => {
    allowOnly(policy);
    using link = start({ startMs: 10_000 });
    const failure = await failureOf(link.call("slow", { steps: 1 }));
    expect(failure).toMatchObject({ code: "WORKER_UNAVAILABLE" });
    expect(failure.message).toContain("Content-Security-Policy");
    expect(failure.message).not.toContain("within"); // told by the browser, not by the clock
  },
);
