import { make, required } from "../../../shared/element.ts";
import { pageKey } from "../shelf/address.ts";
import type { PageRecord } from "../shelf/record.ts";
import { currentTab } from "./tabs.ts";
import { sayDate } from "./words.ts";

/** The tab that the person looks at, and whether it is remembered. */
export class Now {
  readonly #page = required("now-page", HTMLElement);
  readonly #state = required("now-state", HTMLElement);
  readonly #button = required("remember", HTMLButtonElement);
  #turn = 0;

  async show(records: ReadonlyMap<string, PageRecord>): Promise<void> {
    const turn = ++this.#turn;
    const tab = await currentTab().catch(() => undefined);
    if (turn !== this.#turn) return;
    const { title = "", url } = tab ?? {};
    const key = url === undefined ? undefined : pageKey(url);
    const record = key === undefined ? undefined : records.get(key);
    const isOther = url !== undefined && key === undefined;
    this.#page.replaceChildren(
      url === undefined ? "" : make("b", { dir: "auto" }, title === "" ? url : title),
    );
    this.#page.hidden = url === undefined;
    this.#state.textContent = stateOf(url, isOther, record);
    this.#button.disabled = isOther;
    this.#button.textContent = record?.state === "ready" ? "Remember it anew" : "Remember this tab";
  }
}

function stateOf(
  url: string | undefined,
  isOther: boolean,
  record: PageRecord | undefined,
): string {
  if (url === undefined) {
    return "The panel sees a tab only once you press its button there, or allow all sites.";
  }
  if (isOther) return "No page of the web: there is nothing to remember.";
  if (record?.state === "ready") return `Remembered on ${sayDate(record.readyMs)}.`;
  return record?.state === "waiting" ? "It is being read." : "Not remembered.";
}
