import { storeContract } from "@nearfield/testing";
import { IndexedDbStore } from "./indexed-db-store.ts";

storeContract("IndexedDbStore", { open: (index) => IndexedDbStore.open(index) });
