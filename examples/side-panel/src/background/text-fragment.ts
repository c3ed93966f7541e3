/** Words at the beginning, and at the end of a long line, that the browser has to find. */
const WORDS = 6;

/** Up to so many words are given whole. */
const WHOLE = 12;

/**
 * The end of an address that has the browser itself scroll to a passage and mark it, in a site that the extension may not look
 * into. A passage can go over several blocks of a page, and marks of ours stand between them; its longest line is looked for.
 * @returns "" where the passage has no line of words
 */
export function fragmentFor(url: string, passage: string): string {
  const lines = passage.split("\n").map(wordsOf);
  const longest = lines.toSorted((a, b) => b.length - a.length)[0] ?? [];
  if (longest.length === 0) return "";
  const encode = (words: readonly string[]) =>
    // In a text directive a dash and a comma have a meaning, and `encodeURIComponent` leaves the dash.
    encodeURIComponent(words.join(" ")).replaceAll("-", "%2D");
  const text =
    longest.length <= WHOLE
      ? encode(longest)
      : `${encode(longest.slice(0, WORDS))},${encode(longest.slice(-WORDS))}`;
  return `${url.includes("#") ? "" : "#"}:~:text=${text}`;
}

/** Without what we put there ourselves: dashes of lists, bars of tables, fences of code. */
function wordsOf(line: string): readonly string[] {
  const words = line.replace(/^(?:- )+/, "");
  if (/^(?:\||`{3})/.test(words)) return [];
  return words.split(/\s+/).filter((word) => word !== "");
}
