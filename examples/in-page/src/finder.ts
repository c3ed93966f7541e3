import { explain } from "./explain.ts";
import { FindBar } from "./find-bar.ts";
import { Marks } from "../../shared/page/marks.ts";
import { PageIndex, type Place } from "./page-index.ts";
import { PageState } from "./page-state.ts";
import { reveal } from "../../shared/page/reveal.ts";

/** A pause in typing after which it is worth asking. */
const DEBOUNCE_MS = 120;

/** While the page is read, an answer is asked for anew after so long: there is more to be found. */
const REFRESH_MS = 1_500;

const LIMIT = 12;

export interface FinderOptions {
  /** Keeps the index of this page for the next visit. */
  readonly keeps: boolean;
}

/** Find in page by meaning: the bar, the marks and the index of one page. */
export class Finder {
  readonly #bar: FindBar;
  readonly #marks = new Marks();
  readonly #state = new PageState();
  readonly #options: FinderOptions;
  #index: PageIndex | undefined;
  #places: readonly Place[] = [];
  #current = -1;
  /** Whether the person has chosen among the answers. */
  #hasMoved = false;
  /** What stands in the field, and the question whose answer is shown. */
  #text = "";
  #answered = "";
  #askedMs = 0;
  /** Why the answer goes by words alone, or why there is none. */
  #trouble: unknown;
  #asking = new AbortController();
  #timer: number | undefined;

  constructor(options: FinderOptions) {
    this.#options = options;
    this.#bar = new FindBar({
      onAsk: (text) => this.#askSoon(text),
      onMove: (step) => this.#move(step),
      onChoose: (at) => this.#choose(at),
      onClose: () => this.close(),
    });
  }

  get isOpen(): boolean {
    return this.#bar.isOpen;
  }

  /** Begins to read the page, if it has not been. Nobody needs to wait for it. */
  prepare(): void {
    this.#index ??= new PageIndex({
      keeps: this.#options.keeps,
      onChange: () => this.#onReading(),
      onPlaces: () => this.#onPlaces(),
    });
  }

  open(): void {
    this.prepare();
    if (!this.isOpen) this.#state.take();
    this.#bar.open();
    this.#tell();
    if (this.#text !== "" && this.#text !== this.#answered) void this.#ask();
  }

  /** Leaves the page as it was; the index stays for the next question. */
  close(): void {
    if (!this.isOpen) return;
    this.#asking.abort();
    clearTimeout(this.#timer);
    this.#answered = "";
    this.#show([], -1);
    this.#marks.clear();
    this.#bar.close();
    this.#state.restore();
  }

  /** Closes, and ends the workers. */
  async end(): Promise<void> {
    this.close();
    const index = this.#index;
    this.#index = undefined;
    await index?.close();
  }

  #askSoon(text: string): void {
    this.#text = text;
    this.#bar.settle("");
    this.#asking.abort();
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#ask(), DEBOUNCE_MS);
  }

  async #ask(): Promise<void> {
    const text = this.#text;
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    this.#askedMs = performance.now();
    this.#trouble = undefined;
    this.#bar.settle("");
    try {
      if (text === "") this.#answer("", []);
      else {
        for await (const { places, failure } of this.#index?.ask(text, LIMIT, signal) ?? []) {
          if (signal.aborted) return;
          this.#trouble = failure;
          this.#answer(text, places);
        }
      }
      if (!signal.aborted) this.#bar.settle(text);
    } catch (thrown) {
      if (signal.aborted) return;
      this.#trouble = thrown;
      this.#answer(text, []);
      this.#bar.settle(text);
    }
  }

  #answer(text: string, places: readonly Place[]): void {
    if (text !== this.#answered) this.#hasMoved = false;
    this.#answered = text;
    const before = this.#places[this.#current]?.id;
    // Who has moved to an answer keeps it while better ones come; who has not is shown the best.
    const kept = this.#hasMoved ? places.findIndex(({ id }) => id === before) : -1;
    this.#show(places, kept >= 0 ? kept : Math.min(0, places.length - 1));
    if (kept < 0 && places[0] && places[0].id !== before) this.#reveal();
    this.#tell();
  }

  #show(places: readonly Place[], current: number): void {
    this.#places = places;
    this.#current = current;
    if (!this.isOpen) return;
    this.#marks.show(
      places.map(({ ranges }) => ranges),
      current,
    );
    this.#bar.show(places, current);
  }

  #move(step: 1 | -1): void {
    const { length } = this.#places;
    if (length > 0) this.#choose((this.#current + step + length) % length);
  }

  #choose(at: number): void {
    this.#hasMoved = true;
    this.#show(this.#places, at);
    this.#reveal();
  }

  #reveal(): void {
    const range = this.#places[this.#current]?.ranges[0];
    if (range && this.isOpen) reveal(range, this.#bar.covered);
  }

  /** There is more to be found than before, or it stands elsewhere. */
  #onReading(): void {
    if (!this.isOpen) return;
    const { reading, failure } = this.#index ?? {};
    const isTime = performance.now() - this.#askedMs > REFRESH_MS;
    // A reading that failed has found nothing more; to ask again is to try again, and it would fail again, for ever.
    const isMore = failure === undefined && (reading === undefined || isTime);
    // A question that is being asked is answered from what there is then.
    if (isMore && this.#text !== "" && this.#text === this.#answered) void this.#ask();
    this.#tell();
  }

  /** The page was drawn anew, perhaps: what is marked is marked where it stands now. */
  #onPlaces(): void {
    const index = this.#index;
    if (!index || !this.isOpen || this.#places.length === 0) return;
    const chosen = this.#places[this.#current]?.id;
    const places = this.#places.flatMap((place) => index.find(place) ?? []);
    const at = places.findIndex(({ id }) => id === chosen);
    this.#show(places, at >= 0 ? at : Math.min(0, places.length - 1));
  }

  #tell(): void {
    const index = this.#index;
    if (!index || !this.isOpen) return;
    const { reading, failure, sections } = index;
    const trouble = this.#trouble ?? failure;
    const isAnswered = this.#text !== "" && this.#text === this.#answered;
    this.#bar.showProgress(reading && (reading.of > 0 ? reading.stored / reading.of : null));
    if (trouble !== undefined) this.#bar.say(explain(trouble), "trouble");
    else if (reading) this.#bar.say("Reading this page. You can ask already.");
    else if (sections === 0) this.#bar.say("There is no text on this page to ask.");
    else if (isAnswered && this.#places.length === 0)
      this.#bar.say("Nothing on this page answers that.");
    else this.#bar.say("");
  }
}
