// The bytes of one download, in one buffer from the start where its length is known.
import { RetrievalError } from "@nearfield/core";

/** Room for a file of unknown length, doubled when it is full: such files are configurations and tokenizers. */
const FIRST_BYTES = 64 * 1024;

/** A buffer that is filled from the front. */
export class Body {
  readonly byteLength: number | undefined;
  #bytes: Uint8Array<ArrayBuffer>;
  #loaded = 0;

  /**
   * @param guess of the length where it is not known: saves to move a large file while it grows
   * @throws RetrievalError `OUT_OF_MEMORY`
   */
  constructor(byteLength: number | undefined, guess: number = FIRST_BYTES) {
    this.byteLength = byteLength;
    this.#bytes = allocate(byteLength ?? guess);
  }

  /** Bytes that are there. */
  get loaded(): number {
    return this.#loaded;
  }

  /** The buffer as it is, with what is not yet there as zeros. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** What is there. */
  whole(): Uint8Array<ArrayBuffer> {
    return this.#loaded === this.#bytes.length
      ? this.#bytes
      : (this.#bytes = this.#bytes.slice(0, this.#loaded));
  }

  /** Says that the first `loaded` bytes were filled by somebody else, or, with 0, that they are not to be trusted. */
  reset(loaded: number): void {
    this.#loaded = loaded;
  }

  /** @returns false where there is no room for `chunk` */
  append(chunk: Uint8Array): boolean {
    const end = this.#loaded + chunk.length;
    if (end > this.#bytes.length) {
      if (this.byteLength !== undefined) return false;
      const grown = allocate(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#loaded));
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#loaded);
    this.#loaded = end;
    return true;
  }
}

function allocate(byteLength: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(byteLength);
  } catch (thrown) {
    throw new RetrievalError("OUT_OF_MEMORY", "there is no memory for a model's file", {
      value: byteLength,
      repair: "Close other tabs, or choose a smaller model or number format.",
      cause: thrown,
    });
  }
}
