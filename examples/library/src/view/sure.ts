import { required } from "../../../shared/element.ts";

export interface SureQuestion {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly no: string;
}

/** Asks before something is done that can not be undone. False for anything but a clear yes. */
export function askSure({ title, text, yes, no }: SureQuestion): Promise<boolean> {
  const dialog = required("sure", HTMLDialogElement);
  required("sure-title", HTMLElement).textContent = title;
  required("sure-text", HTMLElement).textContent = text;
  required("sure-yes", HTMLElement).textContent = yes;
  required("sure-no", HTMLElement).textContent = no;
  // Escape leaves the answer of the last time.
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
