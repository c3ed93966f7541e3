import type { DocumentInput, IngestCalls } from "@nearfield/core";
import { serve } from "@nearfield/link";
import { pocketCard } from "@nearfield/pocket";
import { expect, onTestFinished, test } from "vitest";
import type { IngestProgress } from "../calls.ts";
import { EncoderClient } from "../client.ts";
import { MemoryIndex } from "../fixtures/memory-index.ts";
import { RUNTIME_FILES } from "../fixtures/runtime-files.ts";

/** The document worker with the pocket model on WASM, and an index at the other end of its port. */
function open() {
  const index = new MemoryIndex();
  const client = new EncoderClient({
    card: pocketCard,
    role: "document",
    device: "wasm",
    runtime: RUNTIME_FILES,
    threads: 1,
    connectIndex: async () => {
      const { port1, port2 } = new MessageChannel();
      serve<IngestCalls>(
        {
          missing: (keys) => index.missing(keys),
          commit: (block, { signal }) => index.commit(block, signal),
        },
        port1,
      );
      return port2;
    },
  });
  onTestFinished(() => client.close());
  return { index, client };
}

const sentence = (i: number) =>
  `Sentence ${i} says a little about the sea, the wind and the boats. `;
const documents: DocumentInput[] = [
  { id: "short", text: "One sentence." },
  {
    id: "long",
    title: "The sea",
    text: Array.from({ length: 60 }, (_, i) => sentence(i)).join(""),
  },
];

// One test, since loading the model is most of the work.
test("the worker stores what the client would have encoded; an abort before it leaves nothing by half", async () => {
  const { index, client } = open();
  const controller = new AbortController();
  const aborted = client.ingest(documents, {
    signal: controller.signal,
    onProgress: ({ passages }) => {
      if (passages > 0) controller.abort();
    },
  });
  await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });

  const seen: IngestProgress[] = [];
  const report = await client.ingest(documents, { onProgress: (progress) => seen.push(progress) });
  // The abort may have come too late to stop the commit, but never in the middle of a document.
  expect(report.added + report.unchanged).toBe(2);
  expect(seen.at(-1)).toMatchObject({ documents: 2, passages: report.passages });
  const long = index.entries.get("long");
  const { passages = [], text = "" } = long?.document ?? {};
  expect(passages.length).toBeGreaterThan(3);
  expect(long?.vectors).toHaveLength(passages.length * pocketCard.dimensions);

  const texts = passages.map(({ start, end }) => `The sea ${text.slice(start, end)}`);
  const { dimensions } = pocketCard;
  for (const [i, vector] of (await client.encode(texts, { role: "document" })).entries()) {
    expect(long?.vectors.slice(i * dimensions, (i + 1) * dimensions)).toEqual(vector);
  }
  expect(await client.ingest(documents)).toMatchObject({ added: 0, unchanged: 2, index: null });
}, 300_000);
