import { RetrievalError, type ErrorCode, type ModelCard } from "@nearfield/core";
import { describe, expect, test } from "vitest";
import { Climb } from "./climb.ts";
import type { DeviceChoice } from "./ladder.ts";

const card = { artifacts: { webgpu: {}, wasm: {} } } as unknown as ModelCard;
const hardware = { kind: "hardware", description: "acme" } as const;
const none = { kind: "none", description: "WebGPU finds no adapter" } as const;

const begin = (choice: DeviceChoice = "auto") => new Climb(card, choice, hardware);
const failure = (code: ErrorCode) => new RetrievalError(code, "it failed");

/** The rungs that a climb goes through when these things happen. */
function follow(climb: Climb, ...events: (ErrorCode | "ready" | "answered")[]) {
  let wasReady = false;
  const rungs = [climb.rung];
  for (const event of events) {
    if (event === "ready") wasReady = true;
    else if (event === "answered") climb.succeed();
    else {
      climb.fail(failure(event), wasReady);
      wasReady = false;
      rungs.push(climb.rung);
    }
  }
  return rungs;
}

describe("a rung that does not load is left for the next", () => {
  const codes = ["DEVICE_UNAVAILABLE", "EMBEDDING_INVALID", "INFERENCE_FAILED", "TIMEOUT"] as const;
  test.for(codes)("%s", (code) => {
    const climb = begin();
    expect(follow(climb, code, code, code)).toEqual([
      "webgpu",
      "webgpu-no-subgroups",
      "wasm",
      null,
    ]);
    expect(climb.reasons.map(({ rung }) => rung)).toEqual([
      "webgpu",
      "webgpu-no-subgroups",
      "wasm",
    ]);
    expect(climb.defeat?.code).toBe(code);
  });
});

describe("what would be the same on every rung ends the climb at once, with that very error", () => {
  const codes = [
    "MODEL_INTEGRITY",
    "MODEL_INVALID",
    "MODEL_UNAVAILABLE",
    "MODEL_UNAVAILABLE_OFFLINE",
    "MODEL_UNSUPPORTED",
    "WASM_UNAVAILABLE",
    "WORKER_UNAVAILABLE",
  ] as const;
  test.for(codes)("%s", (code) => {
    const climb = begin();
    const cause = failure(code);
    climb.fail(cause, false);
    expect(climb.rung).toBeNull();
    expect(climb.defeat).toBe(cause);
  });
});

test("known answers that no device gives end in EMBEDDING_INVALID, with what each rung met", () => {
  const climb = begin();
  for (const value of [0.62, 0.97, 0.5]) {
    climb.fail(new RetrievalError("EMBEDDING_INVALID", "the cosine is too low", { value }), false);
  }
  expect(climb.defeat?.code).toBe("EMBEDDING_INVALID");
  for (const met of ["webgpu: ", "(met: 0.62)", "webgpu-no-subgroups: ", "(met: 0.97)", "wasm: "]) {
    expect(climb.defeat?.message).toContain(met);
  }
});

describe("hints", () => {
  const refused = { code: "MODEL_TOO_LARGE", message: "needs 5 GB, has 4 GB" } as const;

  test("a device whose files are too large is not tried, and says why", () => {
    const climb = new Climb(card, "auto", hardware, { refused: { webgpu: refused } });
    expect(climb.rung).toBe("wasm");
    expect(climb.reasons).toEqual([{ rung: "webgpu", ...refused }]);
  });

  test("what was measured to be faster is tried first, and the GPU after it", () => {
    const climb = new Climb(card, "auto", hardware, { first: "wasm" });
    expect(follow(climb, "INFERENCE_FAILED", "INFERENCE_FAILED", "INFERENCE_FAILED")).toEqual([
      "wasm",
      "webgpu",
      "webgpu-no-subgroups",
      null,
    ]);
  });

  test("a GPU that is lost twice does not lead back to WASM where that has failed", () => {
    const climb = new Climb(card, "auto", hardware, { first: "wasm" });
    const events = ["INFERENCE_FAILED", "DEVICE_LOST", "DEVICE_LOST"] as const;
    expect(follow(climb, ...events)).toEqual(["wasm", "webgpu", "webgpu", null]);
  });
});

describe("a lost GPU", () => {
  test("is tried once more, then WASM serves", () => {
    expect(follow(begin(), "ready", "DEVICE_LOST", "ready", "answered", "DEVICE_LOST")).toEqual([
      "webgpu",
      "webgpu",
      "wasm",
    ]);
  });

  test("is the end where WebGPU was demanded", () => {
    const climb = begin("webgpu");
    expect(follow(climb, "ready", "DEVICE_LOST", "ready", "DEVICE_LOST")).toEqual([
      "webgpu",
      "webgpu",
      null,
    ]);
    expect(climb.defeat?.code).toBe("DEVICE_UNAVAILABLE");
    expect(climb.defeat?.cause).toMatchObject({ code: "DEVICE_LOST" });
  });
});

describe("a rung that has served", () => {
  test("gets a second worker after an accident, and is left after two in a row", () => {
    expect(follow(begin(), "ready", "WORKER_LOST", "ready", "INFERENCE_FAILED")).toEqual([
      "webgpu",
      "webgpu",
      "webgpu-no-subgroups",
    ]);
  });

  test("gets a second worker again once it has answered in between", () => {
    const events = ["ready", "WORKER_LOST", "ready", "answered", "WORKER_LOST"] as const;
    expect(follow(begin(), ...events)).toEqual(["webgpu", "webgpu", "webgpu"]);
  });

  test("is left at once where its vectors are wrong", () => {
    expect(follow(begin(), "ready", "answered", "EMBEDDING_INVALID")).toEqual([
      "webgpu",
      "webgpu-no-subgroups",
    ]);
  });
});

test("without any rung it is lost before it began, and says why", () => {
  const climb = new Climb(card, "webgpu", none);
  expect(climb.rung).toBeNull();
  expect(climb.defeat?.code).toBe("DEVICE_UNAVAILABLE");
  expect(climb.defeat?.message).toMatch(/WebGPU finds no adapter/);
});
