import { gatherDrop, gatherInput, type Found } from "../read/gather.ts";
import { ACCEPT } from "../read/kind.ts";
import { required } from "../../../shared/element.ts";
import { isAbort } from "../../../shared/words.ts";

export interface GivingOptions {
  readonly onFiles: (found: AsyncIterable<Found>, folder: string | undefined) => void;
  readonly onFolder: (handle: FileSystemDirectoryHandle) => void;
}

/** Where the browser lets a page open a folder and look into it again later. */
interface FolderWindow {
  showDirectoryPicker?: (options: {
    id: string;
    mode: "read";
  }) => Promise<FileSystemDirectoryHandle>;
}

/** Where an installed app is given the files that were opened with it. */
interface LaunchWindow {
  launchQueue?: {
    setConsumer: (
      consumer: (launch: { readonly files: readonly FileSystemFileHandle[] }) => void,
    ) => void;
  };
}

/** All ways in which a person gives files: by drop, by file input, by folder, by opening them with the installed app. */
export class Giving {
  readonly #options: GivingOptions;
  readonly #files = required("pick-files", HTMLInputElement);
  readonly #folder = required("pick-folder", HTMLInputElement);

  constructor(options: GivingOptions) {
    this.#options = options;
    this.#files.accept = ACCEPT;
    this.#listenForPicks();
    this.#listenForDrops();
    this.#listenForLaunches();
  }

  #listenForPicks(): void {
    for (const input of [this.#files, this.#folder]) {
      input.addEventListener("change", () => {
        const files = [...(input.files ?? [])];
        // So that choosing the same again is a change again.
        input.value = "";
        const folder = files[0]?.webkitRelativePath.split("/")[0];
        if (files.length > 0) this.#options.onFiles(gatherInput(files), folder || undefined);
      });
    }
    for (const button of document.querySelectorAll("[data-add]")) {
      button.addEventListener("click", () => {
        if (button.getAttribute("data-add") === "files") this.#files.click();
        else void this.#pickFolder();
      });
    }
  }

  async #pickFolder(): Promise<void> {
    const { showDirectoryPicker } = window as unknown as FolderWindow;
    if (!showDirectoryPicker) return this.#folder.click();
    try {
      this.#options.onFolder(
        await showDirectoryPicker.call(window, { id: "library", mode: "read" }),
      );
    } catch (thrown) {
      // Closed without a choice. Where the browser refuses, the other way is left.
      if (!isAbort(thrown)) this.#folder.click();
    }
  }

  #listenForDrops(): void {
    let depth = 0;
    const isFiles = (event: DragEvent): boolean =>
      event.dataTransfer?.types.includes("Files") ?? false;
    const mark = (by: number): void => {
      depth = by === 0 ? 0 : Math.max(0, depth + by);
      document.body.classList.toggle("dropping", depth > 0);
    };
    const { body } = document;
    body.addEventListener("dragenter", (event) => isFiles(event) && mark(1));
    body.addEventListener("dragleave", (event) => isFiles(event) && mark(-1));
    body.addEventListener("dragover", (event) => isFiles(event) && event.preventDefault());
    body.addEventListener("drop", (event) => {
      if (!event.dataTransfer || !isFiles(event)) return;
      event.preventDefault();
      mark(0);
      this.#options.onFiles(gatherDrop(event.dataTransfer), undefined);
    });
  }

  #listenForLaunches(): void {
    (window as unknown as LaunchWindow).launchQueue?.setConsumer(({ files }) => {
      if (files.length > 0) this.#options.onFiles(gatherHandles(files), undefined);
    });
  }
}

async function* gatherHandles(handles: readonly FileSystemFileHandle[]): AsyncGenerator<Found> {
  for (const handle of handles) {
    const file = await handle.getFile().catch(() => undefined);
    yield { path: handle.name, file, isNamed: true };
  }
}
