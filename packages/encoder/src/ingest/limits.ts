/** Longest id, in UTF-16 code units. */
export const MAX_ID_LENGTH = 1024;

/** Longest text of one document, in UTF-16 code units: a long book. Its passages and vectors are held until it is committed. */
export const MAX_TEXT_LENGTH = 4_000_000;

/** Longest title, in UTF-16 code units. A model sees a quarter of its budget of it. */
export const MAX_TITLE_LENGTH = 10_000;

/** Longest address, in UTF-16 code units. `data:` addresses do not belong here. */
export const MAX_URL_LENGTH = 65_536;

/** Sum of the lengths of a document's field names and values, in UTF-16 code units; 16 for each value besides. */
export const MAX_FIELDS_LENGTH = 65_536;
