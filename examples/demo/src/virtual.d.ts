/** The library that was collected when this page was built; see `plugin/corpus.ts`. */
declare module "virtual:corpus" {
  const corpus: {
    /** Where its documents are served: JSON, an array of what `Search.add` takes. */
    readonly url: string;
    readonly hash: string;
    readonly documents: number;
    readonly packages: number;
    /** UTF-16 code units of all texts. */
    readonly characters: number;
  };
  export default corpus;
}
