import type { DocumentInput } from "./main.ts";

/** A document and a question that it answers better than the others do. */
export interface Known {
  readonly document: DocumentInput;
  readonly question: string;
}

/** Short documents that have nothing to do with one another, so that a good answer is beyond doubt. */
export const KNOWN: readonly Known[] = [
  known(
    "refunds",
    "Money is returned to the card that paid within five working days after the goods have come back to the warehouse.",
    "how long until I get my money back?",
  ),
  known(
    "tyre",
    "Loosen the wheel nuts by a quarter turn before the car is jacked up, then take the flat tyre off and fit the spare one.",
    "how do I change a flat tire?",
  ),
  known(
    "bread",
    "Knead flour, water, salt and yeast, let the dough rise until it has doubled, and bake the loaf in a very hot oven.",
    "recipe for baking bread",
  ),
  known(
    "glacier",
    "Snow that outlasts many summers is pressed into ice, and its own weight makes the glacier creep slowly down the valley.",
    "why do glaciers move?",
  ),
  known(
    "violin",
    "A violin has four strings tuned in fifths, and its sound post carries the vibration from the bridge to the back plate.",
    "strings of a musical instrument",
  ),
  known(
    "vaccine",
    "The injection shows the immune system a harmless part of the virus, so that antibodies are ready when the real one comes.",
    "how does a vaccine protect against disease?",
  ),
  known(
    "election",
    "Votes are counted at each polling station in the evening, and the party with most seats is asked to form a government.",
    "who forms the government after an election?",
  ),
  known(
    "bees",
    "A worker bee that has found flowers dances in the hive to tell her sisters in which direction the nectar is.",
    "how do bees tell each other where food is?",
  ),
];

/** The documents of {@link KNOWN}. */
export const KNOWN_DOCUMENTS: readonly DocumentInput[] = KNOWN.map(({ document }) => document);

/** Numbers from 0 to 1 that are the same in each run: a linear congruential generator (Numerical Recipes, 7.1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const WORDS =
  "river stone window engine garden letter market winter signal copper teacher harbour silver ladder forest mirror candle bridge doctor island pencil summer carpet needle thunder village blanket orchard compass lantern meadow quarry saddle timber valley walnut anchor barrel cradle dragon".split(
    " ",
  );
const VERBS =
  "carries follows opens measures repairs watches crosses hides paints weighs lifts counts guards borrows returns".split(
    " ",
  );

/** White space this long ends a passage (the splitter's own rule): many short passages are quick to encode. */
const GAP = "\n".repeat(300);

/**
 * `count` documents of `passages` passages with `sentences` short sentences (about ten tokens) each; the same for the same
 * seed.
 */
export function makeDocuments(
  count: number,
  { passages, sentences, seed }: { passages: number; sentences: number; seed: number },
): DocumentInput[] {
  const random = seeded(seed);
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? "";
  const sentence = () =>
    `The ${pick(WORDS)} ${pick(VERBS)} the ${pick(WORDS)} near the ${pick(WORDS)}.`;
  const times = (length: number, make: () => string) => Array.from({ length }, make);
  return Array.from({ length: count }, (_, at) => ({
    id: `document-${String(at).padStart(5, "0")}`,
    text: times(passages, () => times(sentences, sentence).join(" ")).join(GAP),
  }));
}

function known(id: string, text: string, question: string): Known {
  return { document: { id, text }, question };
}
