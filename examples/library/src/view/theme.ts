import { required } from "./element.ts";

/** Also read by `public/theme.js`, before the first paint. */
const KEY = "nearfield-library.theme";

/** The button that turns light into dark and back. Until it is used, the system's setting holds. */
export function startTheme(): void {
  const button = required("theme", HTMLButtonElement);
  const system = matchMedia("(prefers-color-scheme: dark)");
  const { dataset } = document.documentElement;
  const isDark = (): boolean => (dataset["theme"] ? dataset["theme"] === "dark" : system.matches);
  const show = (): void => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    dataset["theme"] = isDark() ? "light" : "dark";
    try {
      localStorage.setItem(KEY, dataset["theme"]);
    } catch {
      // Storage is refused: the choice lasts as long as the page.
    }
    show();
  });
  system.addEventListener("change", show);
  show();
}
