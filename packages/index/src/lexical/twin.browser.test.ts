import { RUN_ALL } from "@nearfield/testing";
import { wordsSuite } from "../fixtures/words-suite.ts";
import { IndexedDbStore } from "../indexed-db-store.ts";

wordsSuite("IndexedDbStore", (name) => IndexedDbStore.open(name), RUN_ALL ? 12 : 2);
