import { required } from "./element.ts";

/**
 * The button that turns light into dark and back. Until it is used, the system's setting holds.
 * @param key under which the choice is kept; the app's `public/theme.js` reads it too, before the first paint
 */
export function startTheme(key: string): void {
  const button = required("theme", HTMLButtonElement);
  const system = matchMedia("(prefers-color-scheme: dark)");
  const { dataset } = document.documentElement;
  const isDark = (): boolean => (dataset["theme"] ? dataset["theme"] === "dark" : system.matches);
  const show = (): void => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    dataset["theme"] = isDark() ? "light" : "dark";
    try {
      localStorage.setItem(key, dataset["theme"]);
    } catch {
      // Storage is refused: the choice lasts as long as the page.
    }
    show();
  });
  system.addEventListener("change", show);
  show();
}
