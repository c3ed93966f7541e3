import { isRetrievalError, type ErrorCode } from "nearfield";

const REFUSED =
  "This page does not let the search start its worker, so it can not be searched here. Pages with a strict security policy do that.";
const UNFETCHED =
  "The language model could not be fetched: the connection is gone, or the policy of this page forbids it. Ask again to try anew.";
const NO_WASM =
  "This page does not let the language model run, so it can not be searched by meaning. Pages with a strict security policy do that.";

const SENTENCES: Partial<Record<ErrorCode, string>> = {
  WORKER_UNAVAILABLE: REFUSED,
  CODE_UNAVAILABLE:
    "A part of the search could not be fetched. Check the connection and ask again.",
  WORKER_LOST: "The search has stopped in this page. Ask again to start it anew.",
  MODEL_UNAVAILABLE: UNFETCHED,
  MODEL_UNAVAILABLE_OFFLINE: UNFETCHED,
  MODEL_INTEGRITY: "The language model did not arrive whole. Ask again to fetch it anew.",
  WASM_UNAVAILABLE: NO_WASM,
  INSECURE_CONTEXT: "Searching by meaning needs a page that is served over HTTPS.",
  OUT_OF_MEMORY: "There is not enough memory to search this page. Close other tabs and try again.",
  STORAGE_FULL: "This browser has no room left to keep the index of this page.",
};

/** What went wrong, and what to do, for the person who reads the page. */
export function explain(thrown: unknown): string {
  if (!isRetrievalError(thrown)) return "This page could not be searched. Reload it and try again.";
  return SENTENCES[thrown.code] ?? `This page could not be searched: ${thrown.message}.`;
}
