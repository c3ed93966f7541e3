import { flatIndexSuite } from "./fixtures/flat-index-suite.ts";
import { MemoryDatabase, MemoryStore } from "./memory-store.ts";

const databases = new Map<string, MemoryDatabase>();

flatIndexSuite("MemoryStore", async (name) => {
  const database = databases.get(name) ?? new MemoryDatabase();
  databases.set(name, database);
  return new MemoryStore(database);
});
