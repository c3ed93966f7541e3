import { cosine, isRetrievalError, norm, type Role } from "@nearfield/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** The part of an encoder that the contract is about. */
export interface EncoderUnderTest {
  encode(
    texts: readonly string[],
    options?: {
      readonly role?: Role;
      readonly dimensions?: number;
      readonly signal?: AbortSignal;
    },
  ): Promise<Float32Array[]>;
  close(): void;
}

export interface EncoderContractOptions {
  /** Opens an encoder for vectors of this length; the suite closes it. */
  readonly open: (dimensions: number) => EncoderUnderTest;
  readonly dimensions: number;
  /** Lengths to which vectors may be cut. */
  readonly matryoshka: readonly number[];
  readonly texts: readonly string[];
  /** A unit vector for each of `texts`, by role. */
  readonly reference: Readonly<Partial<Record<Role, readonly Float32Array[]>>>;
  /** Least cosine to the reference. */
  readonly floor: number;
}

const BATCH = 8;

/** What an encoder promises, whatever model and device are under it. */
export function encoderContract(name: string, options: EncoderContractOptions): void {
  describe(name, () => describeEncoder(name, options));
}

function describeEncoder(name: string, options: EncoderContractOptions): void {
  const { dimensions, texts, floor } = options;
  // One for all tests that leave it as it was: a model takes its time to load.
  let encoder: EncoderUnderTest;
  beforeAll(() => {
    encoder = options.open(dimensions);
  });
  afterAll(() => encoder.close());

  describe("vectors", () => {
    test.for(Object.entries(options.reference))(
      "are those of the reference, alone and in mixed batches: %s",
      async ([role, reference]) => {
        const encode = (part: readonly string[]) => encoder.encode(part, { role: role as Role });
        const alone: Float32Array[] = [];
        for (const text of texts) alone.push(...(await encode([text])));
        const batched: Float32Array[] = [];
        for (let at = 0; at < texts.length; at += BATCH) {
          batched.push(...(await encode(texts.slice(at, at + BATCH))));
        }
        const least = [alone, batched].map((rows) => leastCosine(rows, reference));
        console.log(`${name}, ${role}: least cosine alone ${least[0]}, in batches ${least[1]}`);
        expect(Math.min(...least)).toBeGreaterThanOrEqual(floor);
      },
    );

    test("have unit length and the model's dimensions, in the order of the texts", async () => {
      const some = texts.slice(0, 4);
      const vectors = await encoder.encode([...some, ...some.toReversed()]);
      expect(vectors.map((vector) => vector.length)).toEqual(vectors.map(() => dimensions));
      for (const vector of vectors) expect(norm(vector)).toBeCloseTo(1, 5);
      for (const [at, vector] of vectors.slice(0, 4).entries()) {
        expect(cosine(vector, vectors[7 - at] as Float32Array)).toBeGreaterThan(0.9999);
      }
    });

    test.for(options.matryoshka)(
      "cut to %i dimensions are a prefix of unit length",
      async (cut) => {
        const [whole] = await encoder.encode(texts.slice(0, 1));
        const [prefix] = await encoder.encode(texts.slice(0, 1), { dimensions: cut });
        expectPrefix(prefix, whole as Float32Array, cut);
      },
    );

    test.for(options.matryoshka.slice(-1))(
      "are %i long where the encoder was opened so",
      async (cut) => {
        const short = options.open(cut);
        try {
          const [whole] = await encoder.encode(texts.slice(0, 1));
          const [prefix] = await short.encode(texts.slice(0, 1));
          expectPrefix(prefix, whole as Float32Array, cut);
        } finally {
          short.close();
        }
      },
    );
  });

  describe("texts", () => {
    test("may be empty, white, NUL, half a surrogate pair, or endless, without harm to others", async () => {
      const odd = ["", "   ", "\0", "\ud800", "a\udc00b", "\ufeff", "x".repeat(120), "🙂🚲"];
      const plain = texts[0] as string;
      const [alone] = await encoder.encode([plain]);
      const vectors = await encoder.encode([...odd, plain]);
      for (const vector of vectors) expect(norm(vector)).toBeCloseTo(1, 5);
      expect(cosine(vectors.at(-1) as Float32Array, alone as Float32Array)).toBeGreaterThan(0.9999);
    });

    test("with a lone surrogate are read as with U+FFFD", async () => {
      const [lone, replaced] = await encoder.encode(["dawn \ud83d chorus", "dawn \ufffd chorus"]);
      expect(cosine(lone as Float32Array, replaced as Float32Array)).toBeGreaterThan(0.99999);
    });

    test("may be none", async () => {
      expect(await encoder.encode([])).toEqual([]);
    });
  });

  describe("calls", () => {
    test("at the same time get their own answers", async () => {
      const some = texts.slice(0, 4);
      const answers = await Promise.all(some.map((text) => encoder.encode([text])));
      const together = await encoder.encode(some);
      for (const [at, [vector]] of answers.entries()) {
        expect(cosine(vector as Float32Array, together[at] as Float32Array)).toBeGreaterThan(
          0.9999,
        );
      }
    });

    test("that are aborted reject with ABORTED and leave the encoder sound", async () => {
      await encoder.encode([]);
      const many = Array.from({ length: 200 }, (_, at) => `tide ${at}`);
      const pending = encoder.encode(many, { signal: AbortSignal.timeout(5) });
      await expect(pending).rejects.toSatisfy(hasCode("ABORTED"));
      const done = encoder.encode(["x"], { signal: AbortSignal.abort() });
      await expect(done).rejects.toSatisfy(hasCode("ABORTED"));
      expect(await encoder.encode(["x"])).toHaveLength(1);
    });

    test("after closing reject with CLOSED, and so do those that were pending", async () => {
      const closing = options.open(dimensions);
      const pending = closing.encode(texts.slice(0, 1));
      closing.close();
      await expect(pending).rejects.toSatisfy(hasCode("CLOSED"));
      await expect(closing.encode(["x"])).rejects.toSatisfy(hasCode("CLOSED"));
    });
  });
}

function expectPrefix(prefix: Float32Array | undefined, whole: Float32Array, cut: number): void {
  expect(prefix?.length).toBe(cut);
  expect(norm(prefix as Float32Array)).toBeCloseTo(1, 5);
  expect(cosine(prefix as Float32Array, whole.slice(0, cut))).toBeGreaterThan(0.99999);
}

const hasCode = (code: string) => (thrown: unknown) =>
  isRetrievalError(thrown) && thrown.code === code;

function leastCosine(rows: readonly Float32Array[], reference: readonly Float32Array[]): number {
  return Math.min(...rows.map((row, at) => cosine(row, reference[at] as Float32Array)));
}
