import { asRetrievalError, RetrievalError, shorten, type ErrorCode } from "@nearfield/core";

/** An error as it travels: plain data, so that no engine's `structuredClone` may drop a field. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly value: unknown;
  readonly repair: string | undefined;
  readonly stack: string | undefined;
  readonly cause: WireError | undefined;
}

/** Flattens anything that was thrown, with up to `depth` causes; never throws itself. */
export function toWire(thrown: unknown, depth = 4): WireError {
  const error = asRetrievalError(thrown);
  return {
    code: error.code,
    message: error.message,
    value:
      typeof error.value === "number"
        ? error.value
        : error.value === undefined
          ? undefined
          : shorten(error.value),
    repair: error.repair,
    stack: error.stack,
    cause: depth > 0 && error.cause !== undefined ? toWire(error.cause, depth - 1) : undefined,
  };
}

/** Rebuilds the error on the caller's side, with the message and the stack it had in the worker. */
export function fromWire(wire: WireError): RetrievalError {
  const error = new RetrievalError(wire.code, wire.message, {
    value: wire.value,
    repair: wire.repair,
    cause: wire.cause && fromWire(wire.cause),
  });
  error.message = wire.message; // the constructor would print value and repair a second time
  if (wire.stack) error.stack = wire.stack;
  return error;
}
