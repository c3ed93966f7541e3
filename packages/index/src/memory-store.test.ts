import { storeContract } from "@nearfield/testing";
import { MemoryDatabase, MemoryStore } from "./memory-store.ts";

const databases = new Map<string, MemoryDatabase>();

storeContract("MemoryStore", {
  open: async (index) => {
    const database = databases.get(index) ?? new MemoryDatabase();
    databases.set(index, database);
    return new MemoryStore(database);
  },
});
