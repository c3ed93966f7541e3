import type { GeneratorCard } from "@nearfield/core";
import type { FetchStage } from "@nearfield/models";
import type { Rung, RuntimeFiles } from "@nearfield/runtime";

export interface LoadRequest {
  readonly card: GeneratorCard;
  readonly rung: Rung;
  readonly runtime?: RuntimeFiles | undefined;
  readonly threads: number;
}

export interface LoadReport {
  readonly rung: Rung;
  readonly adapter: string;
  readonly threads: number;
  /**
   * How the device was checked: by so many known thoughts, or by the cosine of what it gives in two ways; null where nothing had to be
   * checked.
   */
  readonly check: { readonly thoughts: number; readonly agreement: number | null } | null;
}

export interface WriteRequest {
  /** With `{query}` in it. */
  readonly template: string;
  readonly query: string;
  readonly maxNewTokens: number;
  /**
   * Which of several thoughts, from 0 on: drawn as the card's `sampling` says, and the same one each time. Absent: the likeliest token is
   * taken each time.
   */
  readonly draw?: number | undefined;
}

export interface WrittenThought {
  /** Of the thought alone. */
  readonly text: string;
  readonly promptTokens: readonly number[];
  readonly thoughtTokens: readonly number[];
}

/** What the page may ask of a generator's worker. `load` comes first, once. */
export interface ReasonCalls {
  load: {
    input: LoadRequest;
    output: LoadReport;
    progress: {
      readonly stage: FetchStage | "session" | "known-thoughts";
      readonly loadedBytes: number;
    };
  };
  write: {
    input: WriteRequest;
    output: WrittenThought;
    progress: { readonly tokens: number };
  };
}
