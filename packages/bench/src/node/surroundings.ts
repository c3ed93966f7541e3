/** What the workspace around this package knows, and hands in. */
export interface Workspace {
  /** What relative paths are relative to. */
  readonly base: string;
  readonly root: string;
  /** Where vectors, pages and peers are kept, unless told. */
  readonly cache: string;
  readonly executablePath: string | undefined;
  readonly flags: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly buildPage: (options: PageOptions) => Promise<void>;
  readonly say: (line: string) => void;
  readonly print: (text: string) => void;
}

/** As `build.mjs` takes them. */
export interface PageOptions {
  readonly outDir: string;
  readonly html: string;
  readonly engine?: string;
  readonly peers?: string;
  readonly aliases: Readonly<Record<string, string>>;
}

/** The same, with the folder of vectors that the pages fetch from. */
export interface Surroundings extends Workspace {
  readonly data: string;
}
