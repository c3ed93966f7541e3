// A language model on WebGPU, in software: an extended test. SwiftShader's subgroups are too small for the attention kernel.
import type { GeneratorCard } from "@nearfield/core";
import { readToyReranker, RUN_ALL } from "@nearfield/testing";
import { expect, test } from "vitest";
import { LocalModel } from "./local-model.ts";

test.skipIf(!RUN_ALL)(
  "a model without known thoughts leaves a kernel that disagrees with itself, and writes what WASM writes",
  async () => {
    const { maxTokens, artifacts, tokenizer, tokenizerConfig } = (await readToyReranker()).card;
    const form = { name: "toy", version: "0", licence: "Apache-2.0", markup: "text" } as const;
    const stopTokens = ["<|im_end|>"];
    const files = { artifacts, tokenizer, tokenizerConfig };
    const card: GeneratorCard = { ...form, maxTokens, stopTokens, ...files };
    const query = "How do refunds work, and how long do they take? ".repeat(4);
    const request = { template: "{query}", query, maxNewTokens: 4 };
    using wasm = new LocalModel({ card, device: "wasm" });
    using gpu = new LocalModel({ card, device: "webgpu" });
    const { thoughtTokens } = await wasm.write(request);
    expect((await gpu.write(request)).thoughtTokens).toEqual(thoughtTokens);
    const { rung, reasons, check } = gpu.status();
    console.log(`reason on WebGPU: agreement ${check?.agreement}`, reasons);
    expect(rung).toBe("webgpu-no-subgroups");
    expect(reasons).toMatchObject([{ rung: "webgpu", code: "THOUGHT_INVALID" }]);
  },
  600_000,
);
