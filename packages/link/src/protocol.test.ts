// A test of types: `tsc` runs it. What must not compile stands below a `@ts-expect-error`.
import { expectTypeOf, test } from "vitest";
import type { Connection } from "./connect.ts";
import type { Handlers } from "./serve.ts";
import type { Supervisor } from "./supervisor.ts";

interface Good {
  run: {
    input: { vector: Float32Array; labels?: ReadonlyMap<string, string>; port: MessagePort };
    output: readonly { id: string; score: number }[];
    progress: { loaded: number };
  };
}
interface Callback {
  run: { input: { onRow: (row: number) => void }; output: null; progress: never };
}
interface Nested {
  run: { input: null; output: readonly { rows: Set<() => void> }[]; progress: never };
}
interface Promised {
  run: { input: null; output: { later: Promise<number> }; progress: never };
}
interface Symbolic {
  run: { input: null; output: null; progress: symbol };
}
interface Incomplete {
  run: { input: null; output: null };
}

test("a vocabulary that structured clone can carry compiles, with the types of each method", () => {
  type Call = Supervisor<Good>["call"];
  expectTypeOf<Connection<Good>["call"]>().toEqualTypeOf<Call>();
  expectTypeOf<Parameters<Call>[1]>().toEqualTypeOf<Good["run"]["input"]>();
  expectTypeOf<Awaited<ReturnType<Call>>>().toEqualTypeOf<Good["run"]["output"]>();
  expectTypeOf<Handlers<Good>>().toHaveProperty("run");
  expectTypeOf<{ vector: number[]; port: MessagePort }>().not.toExtend<Parameters<Call>[1]>();
});

test("a vocabulary that can not cross does not compile", () => {
  // @ts-expect-error a function in an input
  expectTypeOf<Supervisor<Callback>>().toBeObject();
  // @ts-expect-error a function within a set within an array
  expectTypeOf<Supervisor<Nested>>().toBeObject();
  // @ts-expect-error a promise
  expectTypeOf<Connection<Promised>>().toBeObject();
  // @ts-expect-error a symbol
  expectTypeOf<Connection<Symbolic>>().toBeObject();
  // @ts-expect-error a method without its progress
  expectTypeOf<Supervisor<Incomplete>>().toBeObject();
});
