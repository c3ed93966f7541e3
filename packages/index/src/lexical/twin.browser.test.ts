import { wordsSuite } from "../fixtures/words-suite.ts";
import { IndexedDbStore } from "../indexed-db-store.ts";

const testAll = (import.meta as { env?: Record<string, string> }).env?.["NEARFIELD_TEST_ALL"];

wordsSuite("IndexedDbStore", (name) => IndexedDbStore.open(name), testAll ? 12 : 2);
