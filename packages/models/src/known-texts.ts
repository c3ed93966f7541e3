/**
 * Texts for the known answers of a model whose card brings none. In English word pieces they have about 5, 40, 100 and 200
 * tokens: attention kernels have been wrong beyond 32 tokens only, and only for some lengths.
 */
export const KNOWN_TEXTS: readonly string[] = [
  "Where is the harbour?",
  "The baker lights the oven at three, kneads until five, and by the time the first train leaves the valley there are forty loaves on the shelf, of which the station master always takes two.",
  "Before a long walk in the hills, look at the map and not only at the sky. Note where the path crosses water, because a stream that is easy in the morning may be too deep after a storm in the afternoon. Tell somebody which way you mean to go and when you will be back. Take a lamp even if you plan to return by daylight, a second layer even if it is warm, and more water than you think you need. If the cloud comes down, stop and wait on the path; most people who lose their way do so in the first ten minutes of hurry.",
  "A pipe organ is played with hands and feet, but what sounds is air. A blower fills a reservoir under weighted bellows, so that the pressure stays the same whether one pipe speaks or a thousand. From there the wind goes into chests on which the pipes stand in rows, one row for each tone colour and one pipe for each key. Pulling a stop slides a strip of wood with holes until the holes lie under the pipes of that row; pressing a key opens a valve below all pipes of its note. Only where both are open does a pipe sound. Wide pipes of soft metal give a round tone, narrow ones a bright one, and pipes with a brass tongue at their foot growl like trumpets. The longest stand in front, often more than five metres high, and are felt as much as heard. Because metal grows with warmth, the pitch of an organ rises in summer and falls in winter, and an organist who travels learns to listen before the first chord. Wood moves with damp as well, so that old instruments are best kept in churches that are never heated quickly.",
];

/** The floor of the pocket model: its right graphs met 0.9999 and more, wrong attention kernels 0.98 and below. */
export const KNOWN_FLOOR = 0.995;
