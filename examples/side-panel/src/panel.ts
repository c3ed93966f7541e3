import type { Hit } from "nearfield";
import { isInDialog, required } from "../../shared/element.ts";
import { clearWarning, tell, warn } from "../../shared/notices.ts";
import { Finder } from "../../shared/search/finder.ts";
import { startTheme } from "../../shared/theme.ts";
import { onNews } from "./news.ts";
import { Acts } from "./panel/acts.ts";
import { askForWork, openPassage } from "./panel/ask-worker.ts";
import { hasAllSites } from "./panel/access.ts";
import { Now } from "./panel/now.ts";
import { Progress } from "./panel/progress.ts";
import { Searcher } from "./panel/searcher.ts";
import { SiteList } from "./panel/site-list.ts";
import { onTabChange } from "./panel/tabs.ts";
import { Troubles } from "./panel/troubles.ts";
import { say, sayBytes, sayHalt, SHOWINGS } from "./panel/words.ts";
import type { PageRecord } from "./shelf/record.ts";
import { openShelf } from "./shelf/open.ts";

/** How long a change may wait until it is seen: news come by the dozen. */
const SHOWING_MS = 120;

let records: ReadonlyMap<string, PageRecord> = new Map();
let drawing: ReturnType<typeof setTimeout> | undefined;
/** How many pages could be found when the question was asked last. */
let asked = 0;
/** Whether it is said that the background work has stopped. */
let isHalted = false;

const searcher = new Searcher(() => records);
const acts = new Acts({ onChange: () => showSoon() });
const now = new Now();
const progress = new Progress(() => acts.run("It could not be stopped", (shelf) => shelf.stop()));
const troubles = new Troubles((urls) =>
  acts.run("They could not be dismissed", (shelf) => shelf.dismiss(urls)),
);
const sites = new SiteList({
  onOpen: ({ url }) => void open(url, ""),
  onForgetPage: (page) => void acts.forgetPage(page),
  onForgetSite: (site, pages) => void acts.forgetSite(site, pages),
});
const home = required("home", HTMLElement);
const finder = new Finder({
  ask: (text, signal) => searcher.ask(text, signal),
  originOf,
  onOpen: ({ document: { url = "" }, passage }: Hit) => void open(url, passage.text),
  onQuestion: (isAsked) => {
    home.hidden = isAsked;
  },
  whyEmpty: () =>
    records.size === 0
      ? "Nothing is remembered yet. Remember some pages to begin with."
      : "No page that you have remembered says anything about it.",
  say,
});

startTheme("nearfield-side-panel.theme");
acts.listen(() => [...records.values()]);
addEventListener("keydown", (event) => {
  if (isInDialog(event) || event.isComposing) return;
  const { target } = event;
  const isTyping = target instanceof HTMLInputElement;
  if (event.key === "/" && !isTyping) finder.focus();
  else if (event.key === "Escape" && !isTyping) finder.focus();
  else return;
  event.preventDefault();
});
onTabChange(() => void now.show(records));
chrome.permissions.onAdded.addListener(() => showSoon());
chrome.permissions.onRemoved.addListener(() => showSoon());
onNews((news) => {
  switch (news.type) {
    case "changed":
      return showSoon();
    case "progress":
      return progress.tell(news.url, news.sections, news.of);
    case "halted":
      isHalted = true;
      return warn("Pages wait to be read", sayHalt(news.code, news.message), {
        label: "Try again",
        run: () => void askForWork(),
      });
    case "showing":
      return SHOWINGS[news.showing] === "" ? undefined : tell(SHOWINGS[news.showing]);
    default:
      return news satisfies never;
  }
});
void start();

async function start(): Promise<void> {
  try {
    await openShelf();
    await show();
    document.body.dataset["panel"] = "open";
    // What was left from last time goes on, and the model is ready before the first question is typed.
    await askForWork();
    await searcher.open();
  } catch (thrown) {
    document.body.dataset["panel"] = "failed";
    warn("The panel could not be opened", say(thrown), {
      label: "Try again",
      run: () => void start(),
    });
  }
}

function showSoon(): void {
  drawing ??= setTimeout(() => {
    drawing = undefined;
    show().catch((thrown: unknown) => warn("What is remembered could not be read", say(thrown)));
  }, SHOWING_MS);
}

/** Brings everything that is shown to what is stored. */
async function show(): Promise<void> {
  const pages = await (await openShelf()).pages();
  records = new Map(pages.map((page) => [page.url, page]));
  const kept = pages.filter(({ state, readyMs }) => state !== "failed" || readyMs > 0);
  const waiting = pages.filter(({ state }) => state === "waiting").length;
  sites.show(kept);
  progress.show(pages);
  troubles.show(pages);
  if (waiting === 0 && isHalted) clearWarning();
  isHalted &&= waiting > 0;
  required("empty", HTMLElement).hidden = pages.length > 0;
  required("forget-all", HTMLButtonElement).hidden = pages.length === 0;
  required("permission", HTMLButtonElement).hidden = !(await hasAllSites());
  document.body.dataset["waiting"] = String(waiting);
  await Promise.all([now.show(records), showRoom()]);
  const found = pages.filter(({ state }) => state === "ready").length;
  if (found !== asked) finder.again();
  asked = found;
}

async function showRoom(): Promise<void> {
  const { usage } = await navigator.storage.estimate().catch((): StorageEstimate => ({}));
  required("room", HTMLElement).textContent =
    usage === undefined
      ? ""
      : `${sayBytes(usage)} in this browser, the model included. Nothing leaves it.`;
}

/** Opens a page, at a passage where there is one. */
async function open(url: string, passage: string): Promise<void> {
  try {
    await openPassage(url, passage);
  } catch (thrown) {
    warn("The page could not be opened", say(thrown));
  }
}

function originOf({ document: { url = "" } }: Hit): string {
  const record = records.get(url);
  return record ? record.site : url;
}
