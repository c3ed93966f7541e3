import { warn as warnInWords, type Act } from "../../../shared/notices.ts";
import { say } from "./words.ts";

/** Says what went wrong, whatever was thrown. */
export function warn(title: string, thrown: unknown, act?: Act): void {
  warnInWords(title, say(thrown), act);
}
