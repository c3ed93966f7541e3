import { isRetrievalError, type ErrorCode } from "nearfield";

/** A failure in words for the person in front of the page. */
export interface Words {
  readonly title: string;
  readonly detail: string;
  readonly repair: string | undefined;
}

/** What failures mean in one app. Codes that only a programmer can cause need no words of their own. */
export interface OwnWords {
  readonly titles: Partial<Readonly<Record<ErrorCode, string>>>;
  /** Where the app knows better than the SDK what a person can do. */
  readonly repairs: Partial<Readonly<Record<ErrorCode, string>>>;
}

/** Any thrown value in words; never throws. */
export function sayFailure(thrown: unknown, { titles, repairs }: OwnWords): Words {
  if (thrown instanceof DOMException && thrown.name === "QuotaExceededError") {
    return {
      title: "The browser has no room left",
      detail: "Nothing more could be stored.",
      repair: repairs.STORAGE_FULL,
    };
  }
  if (isRetrievalError(thrown)) {
    const { code, message, repair } = thrown;
    const own = message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message;
    const detail = repair && own.endsWith(repair) ? own.slice(0, -repair.length).trim() : own;
    return {
      title: titles[code] ?? "Something went wrong",
      detail: sentence(detail),
      repair: repairs[code] ?? repair,
    };
  }
  if (thrown instanceof DOMException) {
    return {
      title: "The browser refused",
      detail: "It gives this page no storage: a private window, perhaps, or a setting.",
      repair: "Open the page in a normal window, or allow it to store data, and reload.",
    };
  }
  return {
    title: "Something went wrong",
    detail: sentence(thrown instanceof Error ? thrown.message : String(thrown)),
    repair: "Reload the page. Nothing that is stored gets lost.",
  };
}

/** True for what was wanted: whoever stops something needs no report of it. */
export function isAbort(thrown: unknown): boolean {
  if (isRetrievalError(thrown)) return thrown.code === "ABORTED";
  return thrown instanceof DOMException && thrown.name === "AbortError";
}

/** "1 file", "1,204 files". */
export function count(number: number, one: string, many = `${one}s`): string {
  return number === 1 ? `1 ${one}` : `${number.toLocaleString("en")} ${many}`;
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
