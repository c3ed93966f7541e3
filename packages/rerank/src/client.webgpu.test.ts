// The reranker on WebGPU: in software, and so slow that it is one of the extended tests.
import { readToyReranker, RUN_ALL } from "@nearfield/testing";
import { expect, test } from "vitest";
import { RerankClient } from "./client.ts";

test.skipIf(!RUN_ALL)(
  "scores and order on WebGPU are those of the reference, and a kernel that is wrong is left",
  async () => {
    const toy = await readToyReranker();
    using client = new RerankClient({ card: toy.card, device: "webgpu" });
    const ways = [
      {},
      { reusePrefix: false, batching: "alone" },
      { reusePrefix: false, batching: "padded" },
    ] as const;
    let greatest = 0;
    for (const strategy of ways) {
      for (const [row, query] of toy.queries.entries()) {
        const wanted = toy.scores[row] as number[];
        const scores = [...(await client.score(query, toy.documents, { strategy }))];
        const errors = scores.map((score, at) => Math.abs(score - (wanted[at] as number)));
        greatest = Math.max(greatest, ...errors);
        const byScore = (list: readonly number[]) =>
          list.map((_, at) => at).sort((a, b) => (list[b] as number) - (list[a] as number));
        expect(byScore(scores)).toEqual(byScore(wanted));
      }
    }
    expect(greatest).toBeLessThan(1e-3);
    // SwiftShader's subgroups are too small for the attention kernel: only the rung without them is right.
    expect(client.status()).toMatchObject({ rung: "webgpu-no-subgroups", state: "ready" });
    expect(client.status().reasons).toMatchObject([{ rung: "webgpu", code: "SCORE_INVALID" }]);
    console.log(`WebGPU: greatest error of a score ${greatest}`);
  },
  600_000,
);
