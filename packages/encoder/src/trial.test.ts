import type { ModelCard, Role } from "@nearfield/core";
import { expect, test } from "vitest";
import { fasterOf, isWorthTrying, timeShapes, type Measured } from "./trial.ts";

const times = (queryMs: number, documentMs: number) => ({ queryMs, documentMs });

test("the faster device is told by the shape of a role's work, and WASM has to be clearly faster", () => {
  const measured: Measured = { webgpu: times(20, 100), wasm: times(5, 900) };
  expect(fasterOf(measured, "query")).toBe("wasm");
  expect(fasterOf(measured, "document")).toBe("webgpu");
  expect(fasterOf({ webgpu: times(20, 1), wasm: times(19, 1) }, "query")).toBe("webgpu");
});

test("one short query and one batch of passages are timed, each after a run that warms up", async () => {
  const asked: [Role, number][] = [];
  await timeShapes(async (texts, role) => void asked.push([role, texts.length]));
  expect(asked).toEqual([
    ...Array.from({ length: 3 }, () => ["query", 1]),
    ...Array.from({ length: 3 }, () => ["document", 4]),
  ]);
});

test("a model is tried on WASM where it has files for it, and small ones", () => {
  const file = (byteLength: number) => ({
    graph: { url: "", byteLength, sha256: "" },
    data: [],
  });
  const worth = (artifacts: ModelCard["artifacts"]) => isWorthTrying({ artifacts } as ModelCard);
  expect(worth({ webgpu: file(9e6), wasm: file(9e6) })).toBe(true);
  expect(worth({ webgpu: file(9e6), wasm: file(90e6) })).toBe(false);
  expect(worth({ webgpu: file(9e6) })).toBe(false);
});
