/** What an index holds under its ids: documents with passages, one for each row, or vectors with fields, one row each. */
export type Holding = "documents" | "vectors" | "anything";
