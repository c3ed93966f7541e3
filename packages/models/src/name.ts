import { RetrievalError } from "@nearfield/core";

/** One part of a path or of a name: no separator, no control character, not `.` and not `..`. */
const PART = /^(?!\.{1,2}$)[\w.+\- ]+$/;
/** What the hub allows in names of owners and repositories. */
const NAME = /^[A-Za-z0-9][\w.-]{0,95}$/;
const COMMIT = /^[0-9a-f]{40}$/;

/**
 * Checks `owner/name`, or a name alone: on a host of one's own there may be no owners. A name with `..` in it would leave the
 * host's folder.
 * @param needsOwner whether the host has owners. On the public hub a name alone is a slip of whoever wrote it.
 * @throws RetrievalError `INVALID_OPTION`
 */
export function checkRepository(value: unknown, needsOwner = false): string {
  const parts = typeof value === "string" ? value.split("/") : [];
  const least = needsOwner ? 2 : 1;
  const isName = parts.every((part) => NAME.test(part) && !part.includes(".."));
  if (parts.length >= least && parts.length <= 2 && isName) return value as string;
  throw new RetrievalError("INVALID_OPTION", "a model's repository must be named owner/name", {
    value,
    repair: `Write it as on the hub, for example "Qwen/Qwen3-Embedding-0.6B".`,
  });
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
