// The page's end of a reranker. Most pages have none: this part is loaded at its first use.
export { RerankClient } from "@nearfield/rerank";
