import corpus from "virtual:corpus";
import { isInDialog, make, required } from "../../shared/element.ts";
import { explain } from "./explain.ts";
import { FilesView } from "./files.ts";
import { Finder } from "./finder.ts";
import { ForgetDialog } from "./forget.ts";
import { Library } from "./library.ts";
import { startOffline } from "./offline.ts";
import { ProgressView } from "./progress.ts";
import { Reader } from "./reader.ts";
import { StatusView, type OfflineState } from "./status.ts";
import { startTheme } from "../../shared/theme.ts";

/** Each is answered by another of the documents that the library has had for long. */
const SUGGESTIONS = [
  "keep data in the browser without callbacks",
  "a whole number too large for JavaScript",
  "change code and keep its source map",
  "can people who do not see use my page?",
  "run a command from a script",
];

/** How often, at the most, answers are asked anew while the library grows under them. */
const REFRESH_MS = 2_000;

/** How long a change may wait until it is seen. */
const SHOWING_MS = 120;

const parameters = new URLSearchParams(location.search);
let library: Library | undefined;
let offline: OfflineState = "preparing";
let seen = { generation: -1, atMs: Number.NEGATIVE_INFINITY };
let showing: number | undefined;

const reader = new Reader({
  article: required("reader", HTMLElement),
  onClose: () => history.back(),
});
const finder = new Finder({
  ask: async function* (text, signal) {
    yield* (await opened).ask(text, signal);
  },
  onOpen: (hit) => {
    if (!reader.isOpen) history.pushState({ reader: true }, "");
    document.body.dataset["view"] = "reader";
    reader.open(hit);
  },
  isReading: () => reader.isOpen,
  whyEmpty: () =>
    library?.reading
      ? "The library is just being read: the answer comes by itself."
      : "Drop a file to begin with.",
});
const progress = new ProgressView();
const files = new FilesView({
  opened: () => opened,
  stored: () => library?.files ?? [],
  onChange: () => void finder.again(),
});
const forgetting = new ForgetDialog({
  forget: async () => {
    // An index that is refused (of another model, or damaged) must be deletable as well.
    const shelf = await opened.catch(() => undefined);
    library = undefined;
    await (shelf ? shelf.forget() : Library.forgetUnopened());
  },
  onForgotten: () => {
    document.body.dataset["library"] = "forgotten";
    status.say("busy", "Nothing is stored");
  },
  onFailure: (thrown) => showFailure("Not everything could be deleted", thrown),
});
const status = new StatusView({ onForget: () => forgetting.open() });

startTheme("nearfield-demo.theme");
writeHero();
listen();
const opened = open();
opened.then(read, fail);

async function open(): Promise<Library> {
  await startOffline({
    onState: (state) => {
      offline = state;
      show();
    },
    onUpdate: (apply) =>
      notify(
        "A newer version of this page is ready. Nothing that is stored gets lost.",
        "Reload",
        apply,
      ),
  });
  library = await Library.open({ device: deviceAsked(), onChange: show });
  show();
  return library;
}

async function read(shelf: Library): Promise<void> {
  document.body.dataset["library"] = shelf.isComplete ? "kept" : "reading";
  if (!shelf.isComplete) {
    try {
      await shelf.read();
      document.body.dataset["library"] = "read";
    } catch (thrown) {
      // Forgotten in the midst of it: then the end of the reading is no failure.
      if (shelf !== library) return;
      document.body.dataset["library"] = "failed";
      showFailure("The library could not be read to its end", thrown);
    }
  }
  void finder.again();
  show();
}

function fail(thrown: unknown): void {
  status.say("bad", "The library is not open");
  document.body.dataset["library"] = "failed";
  showFailure("The library could not be opened", thrown);
}

/** Brings the page up to what the library says, soon: reports come by the dozen, and a person reads a few a second. */
function show(): void {
  showing ??= window.setTimeout(() => {
    showing = undefined;
    showNow();
  }, SHOWING_MS);
}

function showNow(): void {
  if (!library) return;
  const snapshot = library.status();
  // The service worker stores the runtime and the model as they are fetched: all is there once the model is awake.
  const isAwake = snapshot.devices.query.state === "ready";
  status.show(snapshot, offline === "ready" && !isAwake ? "preparing" : offline);
  progress.show(library.reading, snapshot.counts.passages);
  files.show();
  // The search tells of itself when asked, and only then.
  if (snapshot.devices.query.state === "starting") show();
  const { generation } = snapshot.counts;
  if (
    library.reading &&
    generation !== seen.generation &&
    performance.now() - seen.atMs > REFRESH_MS
  ) {
    seen = { generation, atMs: performance.now() };
    void finder.again();
  }
}

function showFailure(title: string, thrown: unknown): void {
  const { title: kind, detail, repair, code } = explain(thrown);
  const failure = required("failure", HTMLElement);
  failure.replaceChildren(
    make("h2", {}, title),
    make("p", {}, make("b", {}, `${kind}. `), detail),
    ...(repair ? [make("p", {}, repair)] : []),
    make("button", { type: "button", click: () => location.reload() }, "Try again"),
    ...(code ? [make("p", { class: "code" }, code)] : []),
  );
  failure.hidden = false;
}

function notify(words: string, label: string, act: () => void): void {
  const button = make("button", { type: "button", click: act }, label);
  required("notices", HTMLElement).replaceChildren(make("p", {}, words, " ", button));
}

function writeHero(): void {
  required("hero-text", HTMLElement).textContent =
    `Here are ${corpus.documents} documents of the packages that this page was built with. A small language model, ` +
    "running in this tab, turns each passage into a vector, and your question into another; the nearest passages are " +
    "the answer. No word of yours leaves this page.";
  const list = required("suggestions", HTMLElement).querySelector("ul");
  list?.append(
    ...SUGGESTIONS.map((text) =>
      make(
        "li",
        {},
        make("button", { type: "button", class: "try", click: () => finder.set(text) }, text),
      ),
    ),
  );
}

function listen(): void {
  addEventListener("popstate", () => closeReader());
  addEventListener("storage", () => library?.refresh());
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement;
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      finder.focus();
    } else if (
      event.key === "Escape" &&
      reader.isOpen &&
      !event.defaultPrevented &&
      !isInDialog(event)
    ) {
      history.back();
    }
  });
}

function closeReader(): void {
  if (!reader.isOpen) return;
  reader.close();
  document.body.dataset["view"] = "desk";
  finder.focus();
}

function deviceAsked(): "auto" | "webgpu" | "wasm" {
  const asked = parameters.get("device");
  return asked === "webgpu" || asked === "wasm" ? asked : "auto";
}
