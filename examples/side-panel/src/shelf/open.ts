import { Shelf } from "./shelf.ts";

let opened: Promise<Shelf> | undefined;

/** The shelf, opened once for each part of the extension; a failure is not kept. */
export function openShelf(): Promise<Shelf> {
  opened ??= Shelf.open().catch((thrown: unknown) => {
    opened = undefined;
    throw thrown;
  });
  return opened;
}
