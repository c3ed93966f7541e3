/** Before this much has been seen, a rate is mostly chance, and nothing is said. */
const MIN_PASSAGES = 16;
const MIN_ELAPSED_MS = 2_000;

/** Characters of source to a passage, until the library at hand has shown its own. */
const ASSUMED_CHARACTERS_PER_PASSAGE = 375;

export interface Outlook {
  /** 0 to 1. */
  readonly fraction: number;
  /** Undefined while it would be a guess. */
  readonly secondsLeft: number | undefined;
}

/**
 * How far the reading is and how long it still takes. The rate is that of passages really encoded, so that documents
 * skipped because they are stored already do not promise a speed that the rest can not keep.
 */
export class Estimate {
  readonly #characters: number;
  readonly #now: () => number;
  #startedMs: number | undefined;
  #behind = 0;
  #encodedCharacters = 0;
  #encodedPassages = 0;

  constructor(characters: number, now: () => number = () => performance.now()) {
    this.#characters = characters;
    this.#now = now;
  }

  /** Called when encoding begins, not when a model still loads. */
  start(): void {
    this.#startedMs ??= this.#now();
  }

  /** A slice of the library is durable. */
  finish(characters: number, passages: number): void {
    this.#behind += characters;
    if (passages === 0) return;
    this.#encodedCharacters += characters;
    this.#encodedPassages += passages;
  }

  /** @param passages those of the slice in hand that are encoded */
  outlook(passages: number, sliceCharacters: number): Outlook {
    const each =
      this.#encodedPassages > 0
        ? this.#encodedCharacters / this.#encodedPassages
        : ASSUMED_CHARACTERS_PER_PASSAGE;
    const done = Math.min(
      this.#characters,
      this.#behind + Math.min(sliceCharacters, passages * each),
    );
    const encoded = this.#encodedPassages + passages;
    const elapsedMs = this.#startedMs === undefined ? 0 : this.#now() - this.#startedMs;
    const isKnown = encoded >= MIN_PASSAGES && elapsedMs >= MIN_ELAPSED_MS;
    return {
      fraction: this.#characters === 0 ? 1 : done / this.#characters,
      secondsLeft: isKnown
        ? ((this.#characters - done) / each / encoded) * (elapsedMs / 1_000)
        : undefined,
    };
  }
}

/** A time left as a person would say it: never more exact than it is known. */
export function sayTimeLeft(seconds: number): string {
  if (seconds < 8) return "a few seconds left";
  if (seconds < 55) return `about ${Math.ceil(seconds / 10) * 10} seconds left`;
  const minutes = Math.round(seconds / 60);
  return minutes <= 1 ? "about a minute left" : `about ${minutes} minutes left`;
}
