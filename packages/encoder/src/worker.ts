// Entry of the encoder worker.
import { RetrievalError } from "@nearfield/core";
import { serve } from "@nearfield/link";
import type { EncoderCalls } from "./calls.ts";
import { createHandlers } from "./worker/handlers.ts";

serve<EncoderCalls>(
  createHandlers(() => () => {
    throw new RetrievalError("INTERNAL", "no ingest pipeline yet");
  }),
);
