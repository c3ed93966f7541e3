import type { WireError } from "./wire.ts";

/** What one method takes, gives, and reports while it runs. */
export interface CallShape {
  readonly input: unknown;
  readonly output: unknown;
  readonly progress: unknown;
}

/** A worker's whole vocabulary: method name to shape. */
export type Calls<C> = { readonly [M in keyof C]: CallShape };
export type MethodOf<C> = keyof C & string;

type Leaf =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | void
  | Date
  | RegExp
  | Blob
  | ArrayBuffer
  | SharedArrayBuffer
  | ArrayBufferView
  | MessagePort;

/** `T` where structured clone can carry all of it, `never` at each field where it cannot. */
export type Cloneable<T> = T extends Leaf
  ? T
  : T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<Cloneable<K>, Cloneable<V>>
    : T extends ReadonlySet<infer V>
      ? ReadonlySet<Cloneable<V>>
      : T extends symbol | ((...args: never[]) => unknown)
        ? never
        : T extends object
          ? { readonly [K in keyof T]: Cloneable<T[K]> }
          : T;

/** Refuses, at compile time, a vocabulary that holds a function, a symbol, or a promise. */
export type CloneableCalls<C extends Calls<C>> = {
  readonly [M in keyof C]: { readonly [K in keyof C[M]]: Cloneable<C[M][K]> };
};

/**
 * The frames as they travel. Payloads are `unknown` here on purpose: what they are is known at the
 * two ends alone, where `Connection.call` and `Handlers` tie each to its method.
 */
export type ToWorker =
  | {
      readonly kind: "call";
      readonly id: number;
      readonly method: string;
      readonly input: unknown;
    }
  /** The caller gave up. */
  | { readonly kind: "cancel"; readonly id: number; readonly code: "ABORTED" | "TIMEOUT" }
  /** The caller is gone: nothing more will come, nobody waits. */
  | { readonly kind: "close" };

export type FromWorker =
  | { readonly kind: "ready"; readonly protocol: number; readonly lock: string | undefined }
  | { readonly kind: "alive"; readonly id: number }
  | { readonly kind: "progress"; readonly id: number; readonly value: unknown }
  | { readonly kind: "result"; readonly id: number; readonly output: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: WireError }
  /** Something threw outside of any call: the state of the worker is unknown. */
  | { readonly kind: "fatal"; readonly error: WireError }
  /** No call will be answered any more. */
  | { readonly kind: "close" };

/** Bumped with each change of the frames above: a page and a worker from two builds must not talk. */
export const PROTOCOL = 2;

/** The part of `Worker`, `MessagePort` and `DedicatedWorkerGlobalScope` that the link needs. */
export interface Endpoint {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(
    type: "message" | "messageerror" | "close",
    listener: (event: MessageEvent) => void,
    options: { readonly signal: AbortSignal },
  ): void;
  start?(): void;
}

/** Ends `endpoint` where it is a port. Its other side gets a `close` event, in browsers that have one. */
export function closePort(endpoint: Endpoint): void {
  // Not by "has a method close": that one of a worker's global scope would end the worker.
  if (endpoint instanceof MessagePort) endpoint.close();
}
