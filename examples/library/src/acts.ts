import type { IntakeCount } from "./library/intake.ts";
import { Library } from "./library/library.ts";
import { gatherFolder, type Found } from "./read/gather.ts";
import { FileProblem } from "./read/problem.ts";
import type { FolderRecord } from "./shelf/database.ts";
import type { FileRecord } from "./shelf/record.ts";
import { tell } from "../../shared/notices.ts";
import { warn } from "./view/warn.ts";
import { endOffline } from "./view/offline.ts";
import { saveAs } from "./view/reader.ts";
import { askSure } from "../../shared/sure.ts";
import { count } from "../../shared/words.ts";

export interface ActsOptions {
  /** The library; what comes before it is open waits for it. */
  readonly opened: Promise<Library>;
  readonly onRemoved: () => void;
  /** Another library is in the place of the one before. */
  readonly onReplaced: () => void;
  readonly onForgotten: () => void;
}

/** Where a browser asks the person whether a page may look into a folder again. */
interface AskingHandle {
  readonly requestPermission?: (options: { mode: "read" }) => Promise<PermissionState>;
}

/** What a person does with the library as a whole: each is asked about where it can not be undone, and reported. */
export class Acts {
  readonly #options: ActsOptions;

  constructor(options: ActsOptions) {
    this.#options = options;
  }

  /** Does something with the library once it is open, and says where it fails. */
  run(what: string, act: (library: Library) => Promise<unknown>): void {
    void this.#options.opened.then(act).catch((thrown: unknown) => warn(what, thrown));
  }

  /** Takes files in, into a collection where one is named. */
  take(found: AsyncIterable<Found>, collection: string | undefined): void {
    this.run("Not everything could be taken", async (library) =>
      report(await library.take(found, collection === undefined ? [] : [collection])),
    );
  }

  /** A folder becomes a collection of its name, and can be looked into again. */
  takeFolder(handle: FileSystemDirectoryHandle): void {
    this.run(`“${handle.name}” could not be read`, async (library) =>
      report(await library.takeFolder(handle)),
    );
  }

  /** Takes in what is new or has changed in an opened folder. */
  look({ handle, name }: FolderRecord): void {
    this.run(`“${name}” could not be read`, async (library) => {
      const { requestPermission } = handle as AskingHandle;
      if ((await requestPermission?.call(handle, { mode: "read" })) === "denied") {
        throw new FileProblem("The browser does not let this page look into it.");
      }
      report(await library.take(gatherFolder(handle), [name]));
    });
  }

  async remove({ id, name }: FileRecord): Promise<void> {
    const isSure = await askSure({
      title: `Remove “${name}”?`,
      text: "It leaves the library and this browser. The file on your disk is not touched.",
      yes: "Remove it",
      no: "Keep it",
    });
    if (!isSure) return;
    this.run("It could not be removed", async (library) => {
      await library.remove([id]);
      this.#options.onRemoved();
    });
  }

  export(): void {
    this.run("The library could not be exported", async (library) => {
      const day = new Date().toISOString().slice(0, 10);
      saveAs(await library.export(), `library-${day}.nearfield`);
      tell("The library is exported. Keep the file in a safe place.");
    });
  }

  async import(file: File): Promise<void> {
    const library = await this.#options.opened.catch(() => undefined);
    // That it is not open has been said.
    if (!library) return;
    const { records } = library;
    const text = `The ${count(records.size, "document")} that are here leave this browser, and what is in “${file.name}” takes their place. Export them first if you want to keep them.`;
    const isSure =
      records.size === 0 ||
      (await askSure({
        title: "Replace this library?",
        text,
        yes: "Replace it",
        no: "Keep what is here",
      }));
    if (!isSure) return;
    this.run("The file could not be imported", async () => {
      const documents = await library.import(file);
      this.#options.onReplaced();
      tell(`${count(documents, "document")} imported.`);
    });
  }

  async forget(): Promise<void> {
    const isSure = await askSure({
      title: "Delete everything?",
      text: "All documents, their index and this app itself are deleted from this browser. The files on your disk are not touched.",
      yes: "Delete everything",
      no: "Keep it all",
    });
    if (!isSure) return;
    try {
      // A library that can not be opened must be deletable as well.
      const library = await this.#options.opened.catch(() => undefined);
      await (library ? library.forget() : Library.forgetUnopened());
      await endOffline();
    } catch (thrown) {
      return warn("Not everything could be deleted", thrown);
    }
    this.#options.onForgotten();
  }
}

function report({ taken, unchanged, passedOver, failed }: IntakeCount): void {
  const parts = [
    `${count(taken, "file")} added`,
    ...(unchanged > 0 ? [`${unchanged.toLocaleString("en")} were there already`] : []),
    ...(passedOver > 0 ? [`${passedOver.toLocaleString("en")} of other kinds passed over`] : []),
    ...(failed > 0 ? [`${failed.toLocaleString("en")} not taken, see the list`] : []),
  ];
  tell(`${parts.join(", ")}.`);
}
