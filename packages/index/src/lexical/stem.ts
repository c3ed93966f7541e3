// The one file that imports the stemmer.
import { stemmer } from "stemmer";

/** What English endings are taken off: nothing else is English. */
const ENGLISH = /^[a-z]{3,40}$/;

/**
 * The stem of a folded word: what is left without English endings, so that `refunds` and `refunded` are one. Words with
 * other letters or digits stay as they are. Source: M. F. Porter, "An algorithm for suffix stripping", 1980.
 */
export function stemOf(word: string): string {
  return ENGLISH.test(word) ? stemmer(word) : word;
}
