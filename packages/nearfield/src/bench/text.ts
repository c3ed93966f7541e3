import { seededRandom } from "@nearfield/testing/seeded";

const WORDS = 20_000;
const WORDS_OF_A_TEXT = 60;
const SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu".split(" ");

/** Texts of invented words. The n-th commonest word is n times as rare as the first (Zipf), as in texts that somebody wrote. */
export function inventTexts(count: number): string[] {
  const random = seededRandom(1);
  return Array.from({ length: count }, () =>
    Array.from({ length: WORDS_OF_A_TEXT }, () => {
      // Evenly spread on a scale of logarithms: what is ten times as far has a tenth of the share.
      const rank = Math.floor(WORDS ** random.uniform());
      return wordOf(rank);
    }).join(" "),
  );
}

function wordOf(rank: number): string {
  let word = "";
  for (let rest = rank; rest > 0; rest = Math.floor(rest / SYLLABLES.length)) {
    word += SYLLABLES[rest % SYLLABLES.length] as string;
  }
  return word;
}
