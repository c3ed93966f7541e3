// Entry of the encoder worker.
import { serve } from "@nearfield/link";
import type { EncoderCalls, IngestProgress } from "./calls.ts";
import { ingest } from "./ingest.ts";
import { indexOver } from "./ingest/link.ts";
import { createHandlers } from "./worker/handlers.ts";

serve<EncoderCalls>(
  createHandlers((embedder, connection) => (documents, job) => {
    const seam = { embedder, index: indexOver(connection) };
    const onProgress = (progress: IngestProgress) => job.report(progress);
    return ingest(documents, seam, { signal: job.signal, onProgress });
  }),
);
