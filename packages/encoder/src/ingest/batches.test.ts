import type { DocumentInput, RetrievalError } from "@nearfield/core";
import { describe, expect, test, vi } from "vitest";
import { batches } from "./batches.ts";

const numbered = (count: number, text = "text"): DocumentInput[] =>
  Array.from({ length: count }, (_, i) => ({ id: `d${i}`, text }));

function streamOf(documents: readonly DocumentInput[]): ReadableStream<DocumentInput> {
  return new ReadableStream({
    start(controller) {
      for (const document of documents) controller.enqueue(document);
      controller.close();
    },
  });
}

/** What the generator gave before it ended, and how it ended. */
async function collect(source: unknown, signal?: AbortSignal) {
  const given: (readonly DocumentInput[])[] = [];
  try {
    for await (const batch of batches(source as Iterable<DocumentInput>, { signal })) {
      given.push(batch);
    }
    return { given, error: undefined };
  } catch (thrown) {
    return { given, error: thrown as RetrievalError };
  }
}

describe("an array", () => {
  test("comes in batches, in order, none too large", async () => {
    const documents = numbered(1000);
    const { given, error } = await collect(documents);
    expect(error).toBeUndefined();
    expect(given.flat()).toEqual(documents);
    expect(given.map(({ length }) => length)).toEqual([256, 256, 256, 232]);
  });

  test("of long texts comes in batches of fewer documents", async () => {
    const { given } = await collect(numbered(5, "x".repeat(100_000)));
    expect(given.map(({ length }) => length)).toEqual([2, 2, 1]);
    const { given: single } = await collect(numbered(2, "x".repeat(300_000)));
    expect(single.map(({ length }) => length)).toEqual([1, 1]);
  });

  test("of nothing gives nothing", async () => {
    expect(await collect([])).toEqual({ given: [], error: undefined });
  });

  test("is checked as a whole before anything is given", async () => {
    const bad = [...numbered(600), { id: "last", text: " " }];
    const { given, error } = await collect(bad);
    expect(given).toEqual([]);
    expect(error?.code).toBe("EMPTY_TEXT");
    expect(error?.message).toContain("document 600");
  });

  test("with an id twice is refused", async () => {
    const { given, error } = await collect([...numbered(300), { id: "d7", text: "again" }]);
    expect(given).toEqual([]);
    expect(error).toMatchObject({ code: "DUPLICATE_ID", value: "d7" });
  });

  test("with a hole is refused", async () => {
    // oxlint-disable-next-line unicorn/no-new-array -- a hole is what this is about
    expect((await collect(new Array(2))).error?.code).toBe("INVALID_DOCUMENT");
  });

  test("may change after the call", async () => {
    const documents = numbered(3);
    const generator = batches(documents);
    const first = generator.next();
    documents.length = 0;
    expect((await first).value).toHaveLength(3);
  });
});

describe("an iterable", () => {
  test.each([
    ["a set", () => new Set(numbered(300))],
    ["the values of a map", () => new Map(numbered(300).map((d) => [d.id, d])).values()],
    [
      "a generator",
      function* () {
        yield* numbered(300);
      },
    ],
    [
      "an async generator",
      async function* () {
        yield* numbered(300);
      },
    ],
    ["a stream", () => streamOf(numbered(300))],
    ["promises", () => new Set(numbered(300).map((d) => Promise.resolve(d)))],
  ])("may be %s", async (_, make) => {
    const { given, error } = await collect(make());
    expect(error).toBeUndefined();
    expect(given.flat()).toEqual(numbered(300));
  });

  test.each([
    undefined,
    null,
    "text",
    42,
    { id: "a", text: "b" },
    { [Symbol.iterator]: 1 },
    new Set(["text"]),
  ])("is not %o", async (source) => {
    const { error } = await collect(source);
    expect(["INVALID_DOCUMENT", "SOURCE_FAILED"]).toContain(error?.code);
  });

  test("that throws half-way is reported with its error; what came before stays given", async () => {
    const cause = new Error("the disk is gone");
    const { given, error } = await collect(
      (function* () {
        yield* numbered(300);
        throw cause;
      })(),
    );
    expect(given.flat()).toEqual(numbered(300));
    expect(error).toMatchObject({ code: "SOURCE_FAILED", cause });
  });

  test("with a bad document gives all that came before it, and no more", async () => {
    const { given, error } = await collect(
      (function* () {
        yield* numbered(3);
        yield { id: "bad", text: " " };
        yield { id: "after", text: "text" };
      })(),
    );
    expect(given.flat()).toEqual(numbered(3));
    expect(error?.code).toBe("EMPTY_TEXT");
  });

  test("that throws when opened, or answers nonsense, is reported", async () => {
    const cause = new Error("closed");
    const opens = {
      [Symbol.asyncIterator]: () => {
        throw cause;
      },
    };
    expect((await collect(opens)).error).toMatchObject({ code: "SOURCE_FAILED", cause });
    const nonsense = { [Symbol.iterator]: () => ({ next: () => 5 }) };
    expect((await collect(nonsense)).error?.code).toBe("SOURCE_FAILED");
  });

  test("is closed when a document is bad", async () => {
    const closed = vi.fn<() => void>();
    const source = (function* () {
      try {
        yield { id: "a", text: "text" };
        yield { id: "a", text: "text" };
      } finally {
        closed();
      }
    })();
    expect((await collect(source)).error?.code).toBe("DUPLICATE_ID");
    await vi.waitFor(() => expect(closed).toHaveBeenCalledOnce());
  });

  test("is closed when the consumer stops", async () => {
    const closed = vi.fn<() => void>();
    const source = (function* () {
      try {
        yield* numbered(600);
      } finally {
        closed();
      }
    })();
    for await (const batch of batches(source)) if (batch.length > 0) break;
    await vi.waitFor(() => expect(closed).toHaveBeenCalledOnce());
  });

  test("that is slow does not hold back what it gave", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    async function* slow() {
      yield* numbered(2);
      await gate;
      yield { id: "late", text: "text" };
    }
    const generator = batches(slow());
    expect((await generator.next()).value).toHaveLength(2);
    open();
    expect((await generator.next()).value).toEqual([{ id: "late", text: "text" }]);
    expect((await generator.next()).done).toBe(true);
  });
});

describe("an abort", () => {
  test("before the start gives nothing", async () => {
    const reason = new Error("changed my mind");
    const { given, error } = await collect(numbered(3), AbortSignal.abort(reason));
    expect(given).toEqual([]);
    expect(error).toMatchObject({ code: "ABORTED", cause: reason });
  });

  test("ends a wait for an iterator that hangs, and asks it to close", async () => {
    const controller = new AbortController();
    const asked = vi.fn<() => Promise<never>>(() => new Promise(() => {}));
    const hanging = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), return: asked }),
    };
    const ending = collect(hanging, controller.signal);
    controller.abort();
    expect((await ending).error?.code).toBe("ABORTED");
    expect(asked).toHaveBeenCalledOnce();
  });

  test("between two batches ends the iteration", async () => {
    const controller = new AbortController();
    const given: number[] = [];
    const run = async () => {
      for await (const batch of batches(numbered(1000), { signal: controller.signal })) {
        given.push(batch.length);
        controller.abort();
      }
    };
    await expect(run()).rejects.toMatchObject({ code: "ABORTED" });
    expect(given).toEqual([256]);
  });

  test("leaves no listener on the signal", async () => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, "addEventListener");
    const remove = vi.spyOn(signal, "removeEventListener");
    await collect(new Set(numbered(10)), signal);
    expect(add.mock.calls.length).toBeGreaterThan(0);
    await vi.waitFor(() => expect(remove.mock.calls).toHaveLength(add.mock.calls.length));
  });
});
