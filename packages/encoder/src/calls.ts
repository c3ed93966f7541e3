import type {
  Device,
  DocumentInput,
  ErrorCode,
  IndexCounts,
  ModelCard,
  Role,
} from "@nearfield/core";
import type { FetchStage } from "@nearfield/models";
import type { Rung, RuntimeFiles } from "@nearfield/runtime";
import type { TextInput } from "./embedder.ts";

/** Vectors that a rung has to give for the card's texts, where they did not come with the model. */
export interface KnownVectors {
  /** Row-major: one vector of the card's full dimensions for each text. */
  readonly vectors: Float32Array;
  /** Least cosine. */
  readonly floor: number;
}

export interface LoadRequest {
  readonly card: ModelCard;
  readonly role: Role;
  readonly rung: Rung;
  /** Default: the files that the app's bundler emitted beside the worker. */
  readonly runtime?: RuntimeFiles | undefined;
  /** Hosts that the files' own hosts may redirect to. */
  readonly redirects?: readonly string[] | undefined;
  /** Threads of the WASM build; 1 where the page is not cross-origin isolated. */
  readonly threads: number;
  /** Length of the vectors to give: one of the card's Matryoshka sizes. */
  readonly dimensions: number;
  /** True where this machine has passed the whole known-answer check of these very files before: one short text then does. */
  readonly trusted: boolean;
  /** Takes the place of the artifact's own known answers. */
  readonly expected?: KnownVectors | undefined;
}

export interface LoadReport {
  readonly rung: Rung;
  readonly device: Device;
  readonly threads: number;
  /** Vendor and architecture of the adapter, or the WASM features in use. */
  readonly adapter: string;
  /**
   * Least cosine met in the known-answer check; how many texts it had; whether the answers came with the model or were
   * computed by WASM on this machine. Null where there was nothing to compare with.
   */
  readonly knownAnswers: {
    readonly texts: number;
    readonly leastCosine: number;
    readonly origin: "model" | "wasm";
  } | null;
  readonly fetchMs: number;
  readonly sessionMs: number;
  readonly knownAnswersMs: number;
  /** Why files of the model are not kept for the next visit; null where all are. */
  readonly notStored: { readonly code: ErrorCode; readonly message: string } | null;
}

export interface LoadProgress {
  /** What goes on: with the file that moved last, then with all. */
  readonly stage: FetchStage | "session" | "known-answers";
  /** Bytes of the model's files that are here, all files together. */
  readonly loadedBytes: number;
  readonly totalBytes: number;
  /** Of the download, over its last seconds; null where nothing comes from the network just now. */
  readonly bytesPerSecond: number | null;
}

export interface EncodeOptions {
  readonly role: Role;
  readonly instruction?: string | undefined;
  /** One of the card's Matryoshka sizes. Default: that of the load. */
  readonly dimensions?: number | undefined;
}

/** Row-major vectors, `rows` × `dimensions`, each of unit length unless the card says `normalize: false`. */
export interface VectorBlock {
  readonly rows: number;
  readonly dimensions: number;
  readonly vectors: Float32Array;
}

export interface IngestProgress {
  /** Documents of this call that are now stored (or were already, unchanged). */
  readonly documents: number;
  /** Passages of this call that have been encoded. */
  readonly passages: number;
  /** Size of the index as of the latest acknowledged commit of this call; null before the first. */
  readonly index: IndexCounts | null;
}

export interface IngestReport {
  readonly added: number;
  /** Documents that were stored already with the same content. */
  readonly unchanged: number;
  readonly passages: number;
  /** Size of the index after the last commit; null where nothing had to be stored. */
  readonly index: IndexCounts | null;
}

/** What the page may ask of an encoder worker. `load` comes first, once. */
export interface EncoderCalls {
  load: { input: LoadRequest; output: LoadReport; progress: LoadProgress };
  encode: {
    input: { readonly texts: readonly TextInput[] } & EncodeOptions;
    output: VectorBlock;
    progress: { readonly done: number; readonly of: number };
  };
  /** Vectors for known texts: each encoded alone, without a prompt, at the card's full dimensions. */
  answer: {
    input: { readonly texts: readonly string[] };
    output: VectorBlock;
    progress: { readonly done: number; readonly of: number };
  };
  /** Share of a text's tokens that the model's vocabulary does not have, 0 to 1. */
  unknown: { input: { readonly text: string }; output: number; progress: never };
  /** Gives a document worker its way to the index worker (`IngestCalls` of core). Replaces an earlier one. */
  connect: { input: { readonly port: MessagePort }; output: null; progress: never };
  /** Splits, encodes and commits documents; `documents` of the report counts whole documents that are durable. */
  ingest: {
    input: { readonly documents: readonly DocumentInput[] };
    output: IngestReport;
    progress: IngestProgress;
  };
}
