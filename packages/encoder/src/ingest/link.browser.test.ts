import { RetrievalError, type DocumentInput, type IngestCalls } from "@nearfield/core";
import { Connection, serve } from "@nearfield/link";
import { expect, onTestFinished, test } from "vitest";
import { MemoryIndex } from "../fixtures/memory-index.ts";
import { WordEmbedder } from "../fixtures/word-embedder.ts";
import { ingest } from "../ingest.ts";
import { indexOver } from "./link.ts";
import type { IngestIndex } from "./seam.ts";

/** An index at the other end of a real message channel. */
function openIndex() {
  const index = new MemoryIndex();
  const { port1, port2 } = new MessageChannel();
  serve<IngestCalls>(
    {
      missing: (keys) => index.missing(keys),
      commit: (block, { signal }) => index.commit(block, signal),
    },
    port2,
  );
  const connection = new Connection<IngestCalls>(port1);
  onTestFinished(() => connection.close());
  return { index, far: indexOver(connection) };
}

const documents: DocumentInput[] = Array.from({ length: 300 }, (_, i) => ({
  id: `d${i}`,
  text: `Text ${i} of many. It has two sentences.`,
}));

test("vectors are moved to the index, not copied", async () => {
  const { index, far } = openIndex();
  const lengths: number[] = [];
  const watched: IngestIndex = {
    missing: (keys, signal) => far.missing(keys, signal),
    commit: (block, signal) => {
      const answer = far.commit(block, signal);
      lengths.push(block.vectors.length);
      return answer;
    },
  };
  const report = await ingest(documents, { embedder: new WordEmbedder(), index: watched });
  expect(report).toMatchObject({ added: 300, passages: 300, index: { entries: 300 } });
  expect(index.entries.size).toBe(300);
  expect(lengths).toEqual([0, 0, 0]);
});

test("an error of the index reaches the caller, with the number of documents stored", async () => {
  const { index, far } = openIndex();
  index.gate = async (nth) => {
    if (nth > 0) throw new RetrievalError("STORAGE_FULL", "no room", { repair: "Free some." });
  };
  const adding = ingest(documents, { embedder: new WordEmbedder(), index: far });
  await expect(adding).rejects.toMatchObject({
    code: "STORAGE_FULL",
    value: 128,
    repair: "Free some.",
  });
  expect(index.entries.size).toBe(128);
});
