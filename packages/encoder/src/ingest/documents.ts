import { isRetrievalError, RetrievalError, type DocumentInput, type Fields } from "@nearfield/core";
import { copyFields } from "./fields.ts";
import { MAX_ID_LENGTH, MAX_TEXT_LENGTH, MAX_TITLE_LENGTH, MAX_URL_LENGTH } from "./limits.ts";

/**
 * A plain, frozen copy of `value`, each property read once. Nothing is changed: ids are never trimmed or normalized.
 * @param index its place in the call, for the message
 * @throws RetrievalError `INVALID_DOCUMENT`, `EMPTY_TEXT` for a text of white space, `INPUT_TOO_LARGE`
 */
export function validateDocument(value: unknown, index: number): DocumentInput {
  const where = `document ${index}`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RetrievalError("INVALID_DOCUMENT", `${where} is not an object`, {
      value,
      repair: "Give objects of the form { id, text }.",
    });
  }
  try {
    return copyDocument(value, where);
  } catch (thrown) {
    if (isRetrievalError(thrown)) throw thrown;
    // A getter or a proxy of the app threw.
    throw new RetrievalError("INVALID_DOCUMENT", `${where} can not be read`, {
      value,
      repair: "Give plain objects.",
      cause: thrown,
    });
  }
}

const KNOWN: ReadonlySet<string> = new Set(["id", "text", "title", "url", "fields"]);

function copyDocument(source: object, where: string): DocumentInput {
  const unknown = Object.keys(source).find((key) => !KNOWN.has(key));
  if (unknown !== undefined) {
    throw new RetrievalError("INVALID_DOCUMENT", `${where} has a property that is not known`, {
      value: unknown,
      repair: "Put further data in its fields.",
    });
  }
  const { id, text, title, url, fields } = source as Partial<Record<keyof DocumentInput, unknown>>;
  const named = checkString(id, `the id of ${where}`, MAX_ID_LENGTH);
  if (named === "") {
    throw new RetrievalError("INVALID_DOCUMENT", `the id of ${where} is empty`, {
      value: named,
      repair: "Give each document an id of at least one character.",
    });
  }
  const said = checkString(text, `the text of ${where}`, MAX_TEXT_LENGTH);
  if (!/\S/.test(said)) {
    throw new RetrievalError("EMPTY_TEXT", `the text of ${where} is empty or only white space`, {
      value: named,
      repair: "Leave the document out.",
    });
  }
  const copy: { -readonly [K in keyof DocumentInput]: DocumentInput[K] } = {
    id: named,
    text: said,
  };
  if (title !== undefined) {
    copy.title = checkString(title, `the title of ${where}`, MAX_TITLE_LENGTH);
  }
  if (url !== undefined) copy.url = checkString(url, `the url of ${where}`, MAX_URL_LENGTH);
  if (fields !== undefined) copy.fields = checkFields(fields, where);
  return Object.freeze(copy);
}

function checkString(value: unknown, what: string, limit: number): string {
  if (typeof value !== "string") {
    throw new RetrievalError("INVALID_DOCUMENT", `${what} is not a string`, {
      value,
      repair: "Give a string, or leave out what is optional.",
    });
  }
  if (value.length > limit) {
    throw new RetrievalError("INPUT_TOO_LARGE", `${what} has more than ${limit} code units`, {
      value: value.length,
      repair: "Shorten it, or divide the document into several.",
    });
  }
  return value;
}

function checkFields(value: unknown, where: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RetrievalError("INVALID_DOCUMENT", `the fields of ${where} are not an object`, {
      value,
      repair: "Give an object of names and values.",
    });
  }
  return copyFields(value, where);
}
