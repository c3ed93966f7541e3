import { required } from "../../../shared/element.ts";
import { tell, warn } from "../../../shared/notices.ts";
import { askSure } from "../../../shared/sure.ts";
import { count } from "../../../shared/words.ts";
import type { Outcome } from "../protocol.ts";
import { openShelf } from "../shelf/open.ts";
import type { PageRecord } from "../shelf/record.ts";
import type { Shelf } from "../shelf/shelf.ts";
import { ACCESS, ask, giveBack, has, type AccessName } from "./access.ts";
import { askForWork, rememberTabs } from "./ask-worker.ts";
import { readBookmarks } from "./bookmarks.ts";
import { currentTab, rememberableTabs } from "./tabs.ts";
import { PROBLEMS, say } from "./words.ts";

/** What is said where the person did not allow something. */
const DENIED = {
  thisTab:
    "Not allowed, so this tab was not read. Press the Nearfield button in the toolbar on it: that allows this one page, this once.",
  allTabs:
    "Not allowed, so no other tab was read. You can remember tabs one by one: press the Nearfield button in the toolbar on each.",
  bookmarks: "Not allowed, so no bookmark was read and no page fetched.",
} as const satisfies Record<AccessName, string>;

export interface ActsOptions {
  /** What is stored has changed. */
  readonly onChange: () => void;
}

/** What the person can do with pages. */
export class Acts {
  readonly #options: ActsOptions;

  constructor(options: ActsOptions) {
    this.#options = options;
  }

  /** @param pages what is remembered now */
  listen(pages: () => readonly PageRecord[]): void {
    const on = (id: string, act: () => Promise<void>) => {
      const button = required(id, HTMLButtonElement);
      button.addEventListener("click", () => {
        // A second click while the first is being worked on is meant for the first.
        if (button.getAttribute("aria-disabled") === "true") return;
        button.setAttribute("aria-disabled", "true");
        act()
          .catch((thrown: unknown) => warn("That did not work", say(thrown)))
          .finally(() => {
            button.removeAttribute("aria-disabled");
            this.#options.onChange();
          });
      });
    };
    on("remember", () => this.#rememberThis());
    on("remember-all", () => this.#rememberAll());
    on("remember-bookmarks", () => this.#rememberBookmarks());
    on("forget-all", () => this.#forgetAll(pages()));
    on("permission", () => this.#giveBack());
  }

  /** Changes the shelf, and has the rest done in the background. */
  run(failure: string, change: (shelf: Shelf) => Promise<void>): void {
    void this.#change(failure, change);
  }

  async forgetPage({ url, title }: PageRecord): Promise<void> {
    const isSure = await askSure({
      title: "Forget this page?",
      text: `“${title}” is taken out of the index. This can not be undone, but the page can be remembered anew.`,
      yes: "Forget it",
      no: "Keep it",
    });
    if (isSure && (await this.#forget([url]))) tell("The page is forgotten.");
  }

  async forgetSite(site: string, pages: readonly PageRecord[]): Promise<void> {
    const what = count(pages.length, "page");
    const isSure = await askSure({
      title: `Forget ${site}?`,
      text: `${what} of ${site} ${pages.length === 1 ? "is" : "are"} taken out of the index. This can not be undone.`,
      yes: `Forget ${what}`,
      no: pages.length === 1 ? "Keep it" : "Keep them",
    });
    if (isSure && (await this.#forget(pages.map(({ url }) => url)))) {
      tell(`${site} is forgotten: ${what}.`);
    }
  }

  async #forgetAll(pages: readonly PageRecord[]): Promise<void> {
    const what = count(pages.length, "page");
    const sites = count(new Set(pages.map(({ site }) => site)).size, "site");
    const isSure = await askSure({
      title: "Forget everything?",
      text: `${what} of ${sites}, with all that was read of them. This can not be undone.`,
      yes: `Forget ${what}`,
      no: "Keep everything",
    });
    if (isSure && (await this.#forget(pages.map(({ url }) => url)))) {
      tell(`Everything is forgotten: ${what}.`);
    }
  }

  async #rememberThis(): Promise<void> {
    const tab = await currentTab();
    if (!tab?.id) return tell("There is no tab to remember.");
    if (tab.url === undefined && !(await this.#allow("thisTab"))) return;
    const [outcome] = await rememberTabs([tab.id]);
    if (outcome?.problem) tell(`${outcome.title || "The tab"}: ${PROBLEMS[outcome.problem]}`);
  }

  async #rememberAll(): Promise<void> {
    if (!(await this.#allow("allTabs"))) return;
    const tabs = await rememberableTabs();
    const ids = tabs.flatMap(({ id }) => id ?? []);
    if (ids.length === 0) return tell("No tab has a page of the web.");
    tellOutcomes(await rememberTabs(ids));
  }

  async #rememberBookmarks(): Promise<void> {
    if (!(await this.#allow("bookmarks"))) return;
    const bookmarks = await readBookmarks();
    if (bookmarks.length === 0) return tell("There are no bookmarked pages.");
    const isSure = await askSure({
      title: `Fetch ${count(bookmarks.length, "bookmarked page")}?`,
      text: "Those that are not remembered yet are fetched one after another, without your cookies, also while the panel is closed. You can stop it at any time.",
      yes: "Fetch and remember",
      no: "Not now",
      kind: "plain",
    });
    if (!isSure) return;
    const shelf = await openShelf();
    const added = await shelf.putBookmarks(bookmarks);
    if (added === 0) return tell("All bookmarked pages are remembered already.");
    await askForWork();
  }

  async #giveBack(): Promise<void> {
    await giveBack();
    tell("The access is given back. What is remembered stays.");
  }

  async #allow(name: AccessName): Promise<boolean> {
    const access = ACCESS[name];
    if ((await has(access)) || (await ask(access))) return true;
    tell(DENIED[name]);
    return false;
  }

  #forget(urls: readonly string[]): Promise<boolean> {
    return this.#change("It could not be forgotten", (shelf) => shelf.forget(urls));
  }

  async #change(failure: string, change: (shelf: Shelf) => Promise<void>): Promise<boolean> {
    try {
      await change(await openShelf());
      this.#options.onChange();
      await askForWork();
      return true;
    } catch (thrown) {
      warn(failure, say(thrown));
      return false;
    }
  }
}

/** One sentence for many tabs; each that failed is listed in the panel besides. */
function tellOutcomes(outcomes: readonly Outcome[]): void {
  const failed = outcomes.filter(({ problem }) => problem !== undefined);
  const read = outcomes.length - failed.length;
  const others =
    failed.length === 0 ? "" : ` ${count(failed.length, "tab")} could not be read: see the list.`;
  tell(`${count(read, "tab")} will be remembered.${others}`);
}
