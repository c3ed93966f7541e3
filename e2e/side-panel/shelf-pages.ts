/** Pages that somebody might have remembered. */
export const SHELF: readonly {
  readonly site: string;
  readonly path: string;
  readonly title: string;
  readonly body: string;
}[] = [
  {
    site: "http://bread.example",
    path: "/bread",
    title: "Sourdough for patient people",
    body: `<h1>Sourdough for patient people</h1><p>A starter is flour and water that has learned to live.</p>
<h2>Resting</h2><p>Mix, fold every half hour, and then leave it alone: the dough rests overnight in the cold, twelve hours at the least, before it is shaped.</p>
<h2>Baking</h2><p>Bake in a very hot oven, with steam for the first quarter of an hour.</p>`,
  },
  {
    site: "http://bread.example",
    path: "/pizza",
    title: "Pizza at home, without a stone",
    body: `<h1>Pizza at home</h1><h2>The dough</h2><p>Less yeast and more time: after a day in the refrigerator the dough is easier to stretch, and tastes of something.</p>
<h2>The heat</h2><p>A cast-iron pan, heated until it smokes, does what a stone does.</p>`,
  },
  {
    site: "http://travel.example",
    path: "/lisbon",
    title: "Three days in Lisbon",
    body: `<h1>Three days in Lisbon</h1><p>Tram 28 is full by nine; walk up to Graça instead, and see the river from above.</p>`,
  },
  {
    site: "http://moon.example",
    path: "/tides",
    title: "Why high water comes later every day",
    body: `<h1>Tides</h1><p>High water comes about fifty minutes later each day, because the moon has moved on along its way.</p>`,
  },
];
