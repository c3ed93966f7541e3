import { RetrievalError } from "@nearfield/core";

/** One part of a path or of a name: no separator, no control character, not `.` and not `..`. */
const PART = /^(?!\.{1,2}$)[\w.+\- ]+$/;
/** What the hub allows in names of owners and repositories. */
const NAME = /^[A-Za-z0-9][\w.-]{0,95}$/;
const COMMIT = /^[0-9a-f]{40}$/;

/**
 * Checks `owner/name`, or a name alone: hosts of one's own and the hub's oldest models have no owners. A name with `..` in it
 * would leave the host's folder.
 * @throws RetrievalError `INVALID_OPTION`
 */
export function checkRepository(value: unknown): string {
  const parts = typeof value === "string" ? value.split("/") : [];
  if (
    parts.length <= 2 &&
    parts.length > 0 &&
    parts.every((part) => NAME.test(part) && !part.includes(".."))
  ) {
    return value as string;
  }
  throw new RetrievalError(
    "INVALID_OPTION",
    "a model's repository must be named name or owner/name",
    {
      value,
      repair: `Write it as on the hub, for example "Qwen/Qwen3-Embedding-0.6B".`,
    },
  );
}

/**
 * Checks a commit, branch or tag.
 * @throws RetrievalError `INVALID_OPTION`
 */
export function checkRevision(value: unknown): string {
  if (typeof value === "string" && isPath(value)) return value;
  throw new RetrievalError("INVALID_OPTION", "a revision must be a commit, a branch or a tag", {
    value,
    repair: "Give the commit's 40 hexadecimal digits.",
  });
}

/** Whether a revision can never change. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** Whether `value` is a path below its root: relative, without `..`, without an empty part. */
export function isPath(value: string): boolean {
  return value.split("/").every((part) => PART.test(part));
}
