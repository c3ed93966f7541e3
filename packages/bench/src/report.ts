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
}
