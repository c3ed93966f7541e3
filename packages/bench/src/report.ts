// What a run found, as data. Tables and plots are made of it, and of nothing else.

/** One library over one set of one size. Times are in milliseconds; a list has one value for each repetition. */
export interface EngineReport {
  readonly name: string;
  readonly title: string;
  readonly version: string | null;
  readonly exact: boolean;
  readonly buildMs: readonly number[];
  /** Empty where building is durable already. */
  readonly persistMs: readonly number[];
  readonly storedBytes: number | null;
  readonly openMs: readonly number[];
  readonly firstAnswerMs: readonly number[];
  /** All single queries, in the order of the rounds. */
  readonly queryMs: readonly (readonly number[])[];
  readonly recall: number | null;
  /** Resident bytes of the renderer before the library was loaded, and after the last query. */
  readonly memory: { readonly emptyBytes: number; readonly servingBytes: number } | null;
  /** What the library says of itself. */
  readonly described: unknown;
  /** Why figures are missing: what was seen. */
  readonly failure: { readonly phase: string; readonly message: string } | null;
}

export interface SetReport {
  readonly set: string;
  readonly rows: number;
  readonly dimensions: number;
  readonly queries: number;
  readonly limit: number;
  readonly engines: readonly EngineReport[];
}

/** One library that can filter. Times in milliseconds, a list for each round. */
export interface FilterEngineReport {
  readonly name: string;
  readonly title: string;
  readonly version: string | null;
  readonly plainMs: readonly (readonly number[])[];
  readonly filteredMs: readonly (readonly number[])[];
  /** Of the filtered answers, among the rows that pass. */
  readonly recall: number | null;
  readonly failure: EngineReport["failure"];
}

export interface FilterReport {
  readonly set: string;
  readonly rows: number;
  /** Of the rows, how many pass. */
  readonly share: number;
  readonly limit: number;
  readonly engines: readonly FilterEngineReport[];
}

/** `openSearch` with the pocket model, over documents of one sentence. Times in milliseconds. */
export interface SearchStartReport {
  readonly documents: number;
  readonly passages: number;
  /** A first visit, with an empty profile: from nothing to the first document stored, and to all of them. */
  readonly firstStoredMs: number;
  readonly allStoredMs: number;
  /** Later visits, each in a new browser: from nothing, code included, to the first answer. */
  readonly firstAnswerMs: readonly number[];
  /** The queries after it. */
  readonly queryMs: readonly number[];
  /** Devices and counts, as the library says them. */
  readonly described: unknown;
}

export interface MachineReport {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly browser: string;
  /** Load average of the last minute when the run began and when it ended: above the number of cores others were at work. */
  readonly load: readonly [number, number];
}

export interface Report {
  readonly date: string;
  readonly commit: string | null;
  readonly machine: MachineReport;
  readonly rounds: number;
  readonly sets: readonly SetReport[];
  readonly filters: readonly FilterReport[];
  readonly starts: readonly SearchStartReport[];
}
