// Entry of the generator's worker.
import { serve } from "@nearfield/link";
import type { ReasonCalls } from "./calls.ts";
import { createHandlers } from "./worker/handlers.ts";

serve<ReasonCalls>(createHandlers());
