import type { Device, Hit } from "nearfield";
import { Acts } from "./acts.ts";
import { Library } from "./library/library.ts";
import { isInScope } from "./library/question.ts";
import { gatherInput } from "./read/gather.ts";
import { sectionAt, sectionName } from "./read/section.ts";
import type { FileRecord } from "./shelf/record.ts";
import { CollectionsDialog } from "./view/collections.ts";
import { isInDialog, make, required } from "../../shared/element.ts";
import { FileList } from "./view/file-list.ts";
import { Filters } from "./view/filters.ts";
import { Finder } from "../../shared/search/finder.ts";
import { Giving } from "./view/giving.ts";
import { clearWarning, tell } from "../../shared/notices.ts";
import { startOffline, takeShared, type OfflineState } from "./view/offline.ts";
import { Progress } from "./view/progress.ts";
import { Rail } from "./view/rail.ts";
import { Reader } from "./view/reader.ts";
import { StorageDialog } from "./view/storage.ts";
import { startTheme } from "../../shared/theme.ts";
import { Troubles } from "./view/troubles.ts";
import { warn } from "./view/warn.ts";
import { say, sayDate } from "./view/words.ts";

/** How long a change may wait until it is seen: reports come by the dozen, and a person reads a few a second. */
const SHOWING_MS = 150;

/** How often, at the most, a question is asked anew while the library grows under its answer. */
const REFRESH_MS = 2_000;

let library: Library | undefined;
let offline: OfflineState = "preparing";
let isAsking = false;
let showing: number | undefined;
let seen = { generation: -1, atMs: Number.NEGATIVE_INFINITY };
let isGpuKept = false;

const reader = new Reader({
  readOriginal: async (id) => (await opened).readOriginal(id),
  onClose: () => history.back(),
  onCollections: (record) => belongs.open(library?.records.get(record.id) ?? record),
  onRemove: (record) => void acts.remove(record),
});
const filters = new Filters(() => {
  finder.again();
  showNow();
});
const finder = new Finder({
  ask: async function* (text, signal) {
    yield* (await opened).ask(text, filters.scope, signal);
  },
  originOf,
  onOpen: (hit) => openHit(hit),
  onQuestion: (isAsked) => {
    isAsking = isAsked;
    show();
  },
  say,
  whyEmpty: () =>
    filters.isNarrow
      ? "Nothing in what you have chosen. Choose all kinds, any date and all documents to look further."
      : library?.reading
        ? "The documents are just being read: the answer comes by itself."
        : "Add some documents to begin with.",
});
const files = new FileList({ onOpen: (record) => openRecord(record) });
const progress = new Progress({
  onStop: () => library?.stop(),
  onContinue: () => {
    clearWarning();
    library?.resume();
  },
});
const troubles = new Troubles({
  onDismiss: (ids) => acts.run("They could not be dismissed", (shelf) => shelf.remove(ids)),
});
const rail = new Rail({
  onChoose: (collection) => filters.chooseCollection(collection),
  onAdd: (name) =>
    acts.run("The collection could not be made", (shelf) => shelf.addCollection(name)),
  onDelete: (name) => {
    if (filters.scope.collection === name) filters.chooseCollection(undefined);
    acts.run("The collection could not be deleted", (shelf) => shelf.removeCollection(name));
  },
  onLook: (folder) => acts.look(folder),
  onForgetFolder: ({ id }) =>
    acts.run("The folder could not be closed", (shelf) => shelf.forgetFolder(id)),
});
const belongs = new CollectionsDialog({
  collections: () => library?.collections ?? [],
  onChange: ({ id }, collections) =>
    acts.run("The collections could not be changed", (shelf) =>
      shelf.setCollections(id, collections),
    ),
});
const storage = new StorageDialog({
  onExport: () => acts.export(),
  onImport: (file) => void acts.import(file),
  onForget: () => void acts.forget(),
});
new Giving({
  onFiles: (found, folder) => acts.take(found, folder ?? filters.scope.collection),
  onFolder: (handle) => acts.takeFolder(handle),
});

startTheme("nearfield-library.theme");
listen();
const opened = Library.open({
  device: deviceAsked(),
  onChange: show,
  onTrouble: (thrown) =>
    warn("Reading has stopped", thrown, { label: "Continue", run: () => library?.resume() }),
});
opened.then(begin, (thrown: unknown) => {
  document.body.dataset["library"] = "failed";
  warn("The library could not be opened", thrown, {
    label: "Try again",
    run: () => location.reload(),
  });
});
const acts = new Acts({
  opened,
  onRemoved: () => {
    if (reader.isOpen) history.back();
    finder.again();
  },
  onReplaced: () => filters.clear(),
  onForgotten: sayFarewell,
});
void startOffline({
  onState: (state) => {
    offline = state;
    document.body.dataset["offline"] = state;
    show();
  },
  onUpdate: (apply) =>
    tell("A new version is there. Nothing that is stored gets lost.", {
      label: "Reload",
      run: apply,
    }),
  onOvertaken: (apply) =>
    tell("Another tab has taken a new version. This one goes on after a reload.", {
      label: "Reload",
      run: apply,
    }),
});

async function begin(shelf: Library): Promise<void> {
  library = shelf;
  document.body.dataset["library"] = "open";
  showNow();
  const shared = await takeShared().catch(() => []);
  if (shared.length > 0) acts.take(gatherInput(shared), undefined);
}

/** Everything is gone: what is left is a page that offers to begin anew. */
function sayFarewell(): void {
  library = undefined;
  document.body.dataset["library"] = "forgotten";
  const again = make("button", { type: "button", click: () => location.reload() }, "Start again");
  const words =
    "Your documents, their index and the stored copy of this app are gone from this browser.";
  document
    .querySelector("main")
    ?.replaceChildren(
      make(
        "section",
        { class: "farewell" },
        make("h1", {}, "Everything is deleted."),
        make("p", {}, words),
        again,
      ),
    );
  again.focus();
}

function openHit(hit: Hit): void {
  const record = library?.records.get(hit.document.id);
  if (record) openRecord(record, hit);
}

function openRecord(record: FileRecord, hit?: Hit): void {
  if (!reader.isOpen) history.pushState({ reader: true }, "");
  document.body.dataset["view"] = "reader";
  required("desk", HTMLElement).hidden = true;
  void reader.open(record, hit);
}

function closeReader(): void {
  if (!reader.isOpen) return;
  reader.close();
  document.body.dataset["view"] = "list";
  showNow();
  finder.focus();
}

function originOf({ document: { id, text }, passage }: Hit): string {
  const record = library?.records.get(id);
  const { section } = sectionAt(text, passage.start);
  return [record?.name ?? id, sectionName(record?.kind, section), sayDate(record?.modified ?? 0)]
    .filter(Boolean)
    .join(" · ");
}

function show(): void {
  showing ??= window.setTimeout(() => {
    showing = undefined;
    showNow();
  }, SHOWING_MS);
}

/** Brings the page up to what the library says. */
function showNow(): void {
  const shelf = library;
  if (!shelf) return;
  const { scope } = filters;
  const all = [...shelf.records.values()];
  const held = all.filter(({ state }) => state === "stored" || state === "waiting");
  const waiting = held.filter(({ state }) => state === "waiting").length;
  const inScope = held
    .filter((record) => isInScope(record, scope))
    .toSorted((a, b) => b.added - a.added || a.id.localeCompare(b.id));
  rail.show({
    records: all,
    collections: shelf.collections,
    folders: shelf.folders,
    chosen: scope.collection,
  });
  progress.show(shelf.intake, shelf.reading, waiting);
  troubles.show(all.filter(({ state }) => state === "failed"));
  const heading = scope.collection ?? (filters.isNarrow ? "Chosen documents" : "All documents");
  files.show(inScope, heading, isAsking || held.length === 0);
  showDesk(held.length > 0);
  const status = shelf.status();
  storage.show(status, held.length, offline);
  document.body.dataset["waiting"] = String(waiting);
  // The search tells of itself when asked, and only then.
  if (status.devices.query.state === "starting") show();
  keepRuntime(status.devices.query.device);
  const { generation } = status.counts;
  const isDue = performance.now() - seen.atMs > REFRESH_MS || !shelf.reading;
  if (generation !== seen.generation && isDue) {
    seen = { generation, atMs: performance.now() };
    finder.again();
  }
}

function showDesk(hasDocuments: boolean): void {
  const desk = required("desk", HTMLElement);
  desk.hidden = reader.isOpen;
  desk.dataset["state"] = hasDocuments ? "ready" : "empty";
  if (!hasDocuments) return;
  required("desk-title", HTMLElement).textContent = "Ask in your own words.";
  required("desk-text", HTMLElement).textContent =
    "The passages that mean the same are found, whatever words they use. Open one, and the document is shown here, at that very place.";
  required("desk-hint", HTMLElement).textContent =
    "The key / goes to the search, arrows choose a passage, Enter opens it, Escape comes back.";
}

/** The runtime for WebGPU is stored where it serves. */
function keepRuntime(device: Device | null): void {
  if (isGpuKept || device !== "webgpu" || offline !== "ready") return;
  isGpuKept = true;
  navigator.serviceWorker.controller?.postMessage("keep webgpu");
}

function listen(): void {
  addEventListener("popstate", () => closeReader());
  document.addEventListener("keydown", (event) => {
    const isTyping =
      event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
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

function deviceAsked(): "auto" | "webgpu" | "wasm" {
  const asked = new URLSearchParams(location.search).get("device");
  return asked === "webgpu" || asked === "wasm" ? asked : "auto";
}
