export { validateCard } from "./card.ts";
export type { OnBytes } from "./download.ts";
export { fetchVerified, type FetchOptions, type VerifiedFile } from "./file.ts";
export { fingerprintOf } from "./fingerprint.ts";
export { CACHE_NAME, openShelf, type Shelf } from "./shelf.ts";
