import {
  asRetrievalError,
  ERROR_CODES,
  isRetrievalError,
  RetrievalError,
  shorten,
  type ErrorCode,
} from "@nearfield/core";

interface WireText {
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: WireCause | undefined;
}

/** A `RetrievalError` as it travels: plain data, since each engine's structured clone drops other fields of an error. */
export interface WireError extends WireText {
  readonly code: ErrorCode;
  readonly value: unknown;
  readonly repair: string | undefined;
}

/** A cause may also be an error of another class, or a value that is no error. */
type WireCause =
  | (WireError & { readonly kind: "ours" })
  | (WireText & { readonly kind: "error"; readonly name: string })
  | { readonly kind: "value"; readonly value: unknown };

/** Causes are followed this deep; a chain may be circular. */
const MAX_CAUSES = 8;

/**
 * Flattens anything that was thrown; what is no `RetrievalError` becomes the cause of an INTERNAL one. Never throws, and
 * what it gives can always be cloned.
 */
export function toWire(thrown: unknown): WireError {
  try {
    return flatten(asRetrievalError(thrown), MAX_CAUSES);
  } catch {
    // A thrown object may throw in turn when it is looked at.
    return flatten(new RetrievalError("INTERNAL", "an error that can not be read was thrown"), 0);
  }
}

/** Rebuilds the error on the caller's side, with the code, message, value, repair, stack and causes it had. */
export function fromWire(wire: WireError): RetrievalError {
  const error = new RetrievalError(wire.code, "", {
    value: wire.value,
    repair: wire.repair,
    cause: wire.cause && rebuildCause(wire.cause),
  });
  error.message = wire.message; // the constructor would print code, value and repair a second time
  restoreStack(error, wire.stack);
  return error;
}

function flatten(error: RetrievalError, depth: number): WireError {
  return {
    // The error may stem from another copy or version of the class.
    code: ERROR_CODES.includes(error.code) ? error.code : "INTERNAL",
    value: cloneable(error.value),
    repair: typeof error.repair === "string" ? error.repair : undefined,
    ...flattenText(error, depth),
  };
}

function flattenText(error: Error, depth: number): WireText {
  return {
    message: String(error.message),
    stack: typeof error.stack === "string" ? error.stack : undefined,
    cause:
      error.cause === undefined || depth === 0 ? undefined : flattenCause(error.cause, depth - 1),
  };
}

function flattenCause(cause: unknown, depth: number): WireCause {
  try {
    if (isRetrievalError(cause)) return { kind: "ours", ...flatten(cause, depth) };
    if (!(cause instanceof Error)) return { kind: "value", value: cloneable(cause) };
    return { kind: "error", name: String(cause.name), ...flattenText(cause, depth) };
  } catch {
    return { kind: "value", value: "a cause that can not be read" };
  }
}

function rebuildCause(wire: WireCause): unknown {
  switch (wire.kind) {
    case "ours":
      return fromWire(wire);
    case "value":
      return wire.value;
    case "error": {
      const error = new Error(wire.message, wire.cause && { cause: rebuildCause(wire.cause) });
      Object.defineProperty(error, "name", { value: wire.name, configurable: true });
      restoreStack(error, wire.stack);
      return error;
    }
    default:
      return wire satisfies never;
  }
}

function restoreStack(error: Error, stack: string | undefined) {
  if (stack !== undefined) error.stack = stack;
}

/** `value` itself, copied, where structured clone can carry it; else a short description. */
function cloneable(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return shorten(value);
  }
}
