// How an encoder's client is opened and asked.
import type { Device, ModelCard, Role } from "@nearfield/core";
import type { DeviceChoice, RuntimeFiles } from "@nearfield/runtime";
import type { IngestProgress, LoadProgress } from "./calls.ts";
import type { readMachine } from "./machine.ts";

export interface EncoderClientOptions {
  readonly card: ModelCard;
  /** The role of a text where a call does not say otherwise. */
  readonly role: Role;
  readonly device: DeviceChoice;
  /** One of the card's lengths; its full length by default. */
  readonly dimensions?: number | undefined;
  /** Starts a fresh worker; called again after a failure. */
  readonly spawn?: (() => Worker) | undefined;
  /** Where the app serves ONNX Runtime, as absolute URLs. Default: the files that its bundler emitted beside the worker. */
  readonly runtime?: Readonly<Record<Device, RuntimeFiles>> | undefined;
  /** Hosts that those of the card's files may redirect to. Default: those of the public hub for its own files, else none. */
  readonly redirects?: readonly string[] | undefined;
  /** Threads of the WASM build. Default: half of the cores, at most 4, where the page is cross-origin isolated. */
  readonly threads?: number | undefined;
  /** Opens a new way to the index worker, which serves `IngestCalls` there. Needed for `ingest` only. */
  readonly connectIndex?: (() => Promise<MessagePort>) | undefined;
  /** How long the worker is kept without work. Default: for ever. */
  readonly idleMs?: number | undefined;
  readonly onLoadProgress?: ((progress: LoadProgress) => void) | undefined;
  /** What this machine has to offer. Default: what the browser says of it. */
  readonly machine?: typeof readMachine | undefined;
  /** How long nobody must have asked anything before WASM is tried beside a GPU that serves. Default: 5,000. */
  readonly trialQuietMs?: number | undefined;
}

export interface EncodeCallOptions {
  readonly role?: Role | undefined;
  readonly instruction?: string | undefined;
  /** One of the card's lengths; that of the encoder by default. */
  readonly dimensions?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { done: number; of: number }) => void) | undefined;
}

export interface IngestCallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: IngestProgress) => void) | undefined;
}
