import { make, required } from "./element.ts";
import type { Words } from "./words.ts";

/** Something to do about what is said. */
export interface Act {
  readonly label: string;
  readonly run: () => void;
}

/** Long enough to be read twice. What asks for something stays. */
const NEWS_MS = 15_000;

let fading: number | undefined;

/** Says what has happened, with something to do about it where there is something. */
export function tell(words: string, act?: Act): void {
  const place = required("news", HTMLElement);
  show(place, [words], act);
  clearTimeout(fading);
  if (!act) fading = window.setTimeout(() => place.replaceChildren(), NEWS_MS);
}

/** Says what went wrong. */
export function warn(title: string, words: Words, act?: Act): void {
  const { title: kind, detail, repair = "" } = words;
  show(
    required("failure", HTMLElement),
    [make("b", {}, `${title}. `), `${kind}: ${detail} ${repair}`],
    act,
  );
}

export function clearWarning(): void {
  required("failure", HTMLElement).replaceChildren();
}

function show(place: HTMLElement, words: readonly (Node | string)[], act: Act | undefined): void {
  const close = (): void => place.replaceChildren();
  const buttons = [
    ...(act
      ? [
          make(
            "button",
            {
              type: "button",
              click: () => {
                close();
                act.run();
              },
            },
            act.label,
          ),
        ]
      : []),
    make(
      "button",
      { type: "button", class: "quiet small", "aria-label": "Close this notice", click: close },
      "×",
    ),
  ];
  place.replaceChildren(make("p", { class: "notice" }, make("span", {}, ...words), ...buttons));
}
