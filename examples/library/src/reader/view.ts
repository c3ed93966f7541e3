import type { Passage } from "./passage.ts";

/** A document as it is shown, at one of its sections: a page, a chapter, or the whole. */
export interface View {
  readonly element: HTMLElement;
  /** Shows a section, and in it the passage; resolves to whether the passage was found there. */
  show(section: number, passage: Passage | undefined): Promise<boolean>;
  /** Ends what it holds: workers, pictures, observers. */
  close(): void;
}

/** Scrolls so that `target`, or the beginning, can be read. */
export function bringIntoSight(target: Element | undefined): void {
  target?.scrollIntoView({ block: "center" });
}
