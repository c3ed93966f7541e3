// Entry of the reranker's worker.
import { serve } from "@nearfield/link";
import type { RerankCalls } from "./calls.ts";
import { createHandlers } from "./worker/handlers.ts";

serve<RerankCalls>(createHandlers());
