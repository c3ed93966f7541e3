import { flatIndexSuite } from "./fixtures/flat-index-suite.ts";
import { IndexedDbStore } from "./indexed-db-store.ts";

flatIndexSuite("IndexedDbStore", (name) => IndexedDbStore.open(name));
