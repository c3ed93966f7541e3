import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { marked } from "marked";

/** A question, and what stands in the one passage of the page that answers it. */
export type Question = readonly [question: string, answer: RegExp];

export interface Shape {
  readonly name: string;
  /** The page's body. */
  readonly body: () => Promise<string>;
  readonly questions: readonly Question[];
}

/** The documentation of an installed package, as a site shows it: rendered Markdown between a header and a menu. */
const documentation: Shape = {
  name: "the documentation of a package",
  async body() {
    const path = join(import.meta.dirname, "../../node_modules/idb/README.md");
    const html = await marked.parse(await readFile(path, "utf8"));
    return `<header><nav><a href="#a">Home</a> <a href="#b">Questions about transactions</a></nav></header>
      <main>${html}</main><footer><button>Send feedback</button></footer>`;
  },
  questions: [
    ["which browsers does it run in?", /Edge\. IE is not supported/],
    ["how do I install it with npm?", /npm install idb/],
    ["how do I delete a database?", /Deletes a database/],
    ["get the plain object back, without the enhancements", /Takes an enhanced IndexedDB object/],
    [
      "why did my transaction close after I fetched something?",
      /auto-closes|Do not await|transaction closes while/,
    ],
    ["how can I be sure that my writes were committed?", /signal that everything was successfully/],
    ["walk over all records with a for loop", /You can iterate over stores/],
    ["read a single value without making a transaction by hand", /common to create a transaction/],
    ["something like localStorage that does not block", /very similar to localStorage/],
    ["third party code gives me a database object", /Takes an IDB object/],
  ],
};

/** Subjects of the long article. Each is told in several places, with other details each time. */
const SUBJECTS: readonly (readonly [title: string, told: (n: number, place: string) => string])[] =
  [
    [
      "Harbour",
      (n, p) =>
        `The harbour of ${p} has ${n} berths. Boats that stay over night pay at the quay, and the pilot answers on channel ${n % 16}.`,
    ],
    [
      "Market",
      (n, p) =>
        `On market days ${n} stalls stand in ${p}. Cheese, wool and honey are sold there until noon, and haggling is expected.`,
    ],
    [
      "School",
      (n, p) =>
        `The school in ${p} has ${n} pupils. Lessons begin at eight, and the older children learn to sail in summer.`,
    ],
    [
      "Bridge",
      (n, p) =>
        `A stone bridge of ${n} metres leads into ${p}. Carts heavier than two tons must take the ford instead.`,
    ],
    [
      "Church",
      (n, p) =>
        `The church of ${p} was built ${n} years ago. Its bell cracked in a frost and was cast again from the same metal.`,
    ],
    [
      "Weather",
      (n, p) =>
        `It rains on ${n + 90} days a year in ${p}. Fog comes in from the sea in spring and is gone by ten in the morning.`,
    ],
    [
      "Inn",
      (n, p) =>
        `The inn of ${p} lets ${(n % 9) + 3} rooms. Supper is soup and bread, and dogs sleep in the stable.`,
    ],
    [
      "Mill",
      (n, p) =>
        `The windmill above ${p} grinds ${n} sacks of barley in a week when the wind is good.`,
    ],
    [
      "Library",
      (n, p) =>
        `${n * 10} books can be borrowed in the reading room of ${p}, for three weeks each, and longer on request.`,
    ],
    [
      "Post",
      (n, p) =>
        `Letters from ${p} are collected ${(n % 3) + 1} times a day. A parcel to the mainland takes ${(n % 4) + 2} days.`,
    ],
  ];

const PLACES = [
  "Aldery",
  "Brackmouth",
  "Corran",
  "Dunmere",
  "Eskvale",
  "Fallow Point",
  "Garrow",
  "Hexwick",
  "Inverlee",
  "Jarrow Sound",
  "Kelby",
  "Lorne",
  "Marrick",
  "Nethergate",
  "Ormsay",
  "Pellwood",
  "Quarrel Hill",
  "Rushby",
  "Sandwyke",
];

/** What is told once, somewhere in the long article. */
const TOLD_ONCE: readonly (readonly [title: string, text: string])[] = [
  [
    "Keeping bees",
    "A colony should be fed sugar syrup in late autumn when the heather has failed. Hives are turned away from the west wind, and nobody opens them below ten degrees.",
  ],
  [
    "If you are stung by a weever",
    "Put the foot into water as hot as you can bear for half an hour. The poison of this fish falls apart in heat, and the pain ends soon after.",
  ],
  [
    "Names on maps",
    "Surveyors from the capital wrote down what they heard. This is why two headlands carry the same word, which only meant rock in the speech of the fishermen.",
  ],
  [
    "The light that went out",
    "In the war the lamp of the lighthouse was kept dark. A grain ship ran onto the reef in March, and wheat grew along the shore for years.",
  ],
  [
    "Wages of the rowers",
    "A man at the oars earned four pence for the crossing and a fifth if the sea was rough. The owner of the boat took half of it.",
  ],
  [
    "Cutting peat",
    "Turf is cut in May, stacked on its edge to dry, and carried home in August. A household burns about fifteen thousand pieces in a winter.",
  ],
  [
    "How to vote",
    "Everybody who has lived here for two years and is older than sixteen may cast a ballot. The box stands in the hall on the first Sunday of October.",
  ],
  [
    "Lost property",
    "What is found on the beach belongs to the finder after a year and a day, unless the owner claims it at the reeve's office before.",
  ],
  [
    "Dyeing wool",
    "Lichen scraped from the rocks gives a purple, onion skins a warm yellow. The yarn is simmered with alum first so that the colour stays.",
  ],
  [
    "Seals in the nets",
    "A seal that is caught in a net is cut loose at once. The fisherman is paid for the damage from the fund of the parish.",
  ],
];

/** An article of 200 sections that a test writes. */
const article: Shape = {
  name: "an article of 200 sections",
  body: () => {
    const sections: (readonly [string, string])[] = PLACES.flatMap((place, at) =>
      SUBJECTS.map(([title, told], n) => [
        `${title} of ${place}`,
        told(7 + ((at * 31 + n * 17) % 60), place),
      ]),
    );
    // Spread over the whole.
    for (const [at, once] of TOLD_ONCE.entries()) sections.splice(at * 19 + 11, 0, once);
    const html = sections.map(
      ([title, text]) => `<section><h2>${title}</h2><p>${text}</p></section>`,
    );
    return Promise.resolve(`<article><h1>The islands, from A to S</h1>${html.join("")}</article>`);
  },
  questions: [
    ["what do insects that make honey eat before winter?", /sugar syrup/],
    ["first aid after stepping on a poisonous fish", /as hot as you can bear/],
    ["why are there two places that are called the same?", /Surveyors from the capital/],
    ["a vessel was wrecked because there was no beacon", /grain ship/],
    ["how much was somebody paid for rowing across?", /four pence/],
    ["what is burnt to heat the houses?", /Turf is cut/],
    ["at what age can I take part in an election?", /cast a ballot/],
    ["who may keep what lies on the beach?", /belongs to the finder/],
    ["which plants colour yarn?", /Lichen scraped/],
    ["what happens to a seal in a fishing net?", /cut loose at once/],
  ],
};

const HELP: readonly (readonly [title: string, text: string])[] = [
  [
    "Change your password",
    "Open the account menu, choose Security, and type the old one once and the new one twice. All other devices are signed out.",
  ],
  [
    "Cancel a subscription",
    "You can stop paying at any time under Billing. What you have paid for stays yours until the end of the month.",
  ],
  [
    "Invite a colleague",
    "Send an invitation from the Team page. The link in the mail is good for seven days and for one person.",
  ],
  [
    "Export your data",
    "We pack everything into one archive and send you a link when it is ready, which can take an hour.",
  ],
  [
    "Dark appearance",
    "Under Display you choose between bright and dark colours, or let the system decide by the time of day.",
  ],
  [
    "Report abuse",
    "Use the flag beside a comment. A person looks at it within a day, and the author does not learn who you are.",
  ],
  [
    "Work without a connection",
    "Documents that you have starred are kept on the device. What you write on a train is sent when the network is back.",
  ],
  [
    "Keyboard shortcuts",
    "Press the question mark to see all of them. Each one can be given other keys in the settings.",
  ],
  [
    "Delete the account",
    "Thirty days after you ask for it, all that we hold about you is erased and can not be brought back by anybody.",
  ],
  [
    "Languages",
    "The interface speaks eleven languages. Dates and numbers follow the region that is set in your browser.",
  ],
];

/** An app that draws its whole page anew, several times a second, from data. */
const app: Shape = {
  name: "an app that draws itself anew",
  body: () =>
    Promise.resolve(`<div id="root"></div><script>
      const help = ${JSON.stringify(HELP)};
      let drawn = 0;
      const draw = () => {
        drawn++;
        document.querySelector("#root").innerHTML = "<p>Drawn " + drawn + " times</p>" +
          help.map(([title, text]) => "<section><h2>" + title + "</h2><p>" + text + "</p></section>").join("");
      };
      draw();
      setInterval(draw, 700);
    </script>`),
  questions: [
    ["I want new credentials", /the old one once/],
    ["how do I end my plan so that I am no longer charged?", /stop paying/],
    ["add somebody to my group", /Send an invitation/],
    ["take a copy of all my content with me", /one archive/],
    ["the screen is too bright at night", /bright and dark colours/],
    ["somebody insults me in the discussion", /flag beside a comment/],
    ["can I write while I am offline?", /on a train/],
    ["do things without the mouse", /question mark to see/],
    ["close my profile for ever", /is erased/],
    ["is it available in Spanish?", /eleven languages/],
  ],
};

export const SHAPES: readonly Shape[] = [documentation, article, app];
