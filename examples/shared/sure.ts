import { required } from "./element.ts";

export interface SureQuestion {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly no: string;
  /** `danger` (default): something is lost. */
  readonly kind?: "danger" | "plain" | undefined;
}

/** Asks before something is done. False for anything but a clear yes. */
export function askSure({ title, text, yes, no, kind }: SureQuestion): Promise<boolean> {
  const dialog = required("sure", HTMLDialogElement);
  required("sure-title", HTMLElement).textContent = title;
  required("sure-text", HTMLElement).textContent = text;
  const button = required("sure-yes", HTMLElement);
  button.textContent = yes;
  button.className = kind === "plain" ? "primary" : "danger";
  required("sure-no", HTMLElement).textContent = no;
  // Escape leaves the answer of the last time.
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
