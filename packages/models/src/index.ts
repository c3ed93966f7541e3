export { validateCard, validateRepositoryCard } from "./card.ts";
export { checkDimensions } from "./dimensions.ts";
export type { OnBytes } from "./download.ts";
export { DTYPES, PREFERRED, type DtypeFacts } from "./dtype.ts";
export { fetchVerified, type FetchOptions, type VerifiedFile } from "./file.ts";
export { fingerprintOf } from "./fingerprint.ts";
export { KNOWN_FLOOR, KNOWN_TEXTS } from "./known-texts.ts";
export { CACHE_NAME, openShelf, type Shelf } from "./shelf.ts";
export { checkTowers, isTowers, towersOf } from "./towers.ts";
