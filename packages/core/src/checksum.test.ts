import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, crc32, hashOf, sha256, xxh32 } from "./checksum.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

test("crc32 gives the check value of its standard", () => {
  expect(crc32(utf8("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array())).toBe(0);
});

test("xxh32 gives the known values of its algorithm, wherever the bytes begin", () => {
  const known: readonly (readonly [string, number])[] = [
    ["", 0x02cc5d05],
    ["a", 0x550d7456],
    ["abc", 0x32d153ff],
    ["Nobody inspects the spammish repetition", 0xe2293b2f],
  ];
  for (const [text, hash] of known) {
    expect(xxh32(utf8(text))).toBe(hash);
    expect(xxh32(utf8(`...${text}`).subarray(3))).toBe(hash);
  }
});

test("xxh32 notices whatever is changed within a word", () => {
  const words = fc.uint32Array({ minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(words, fc.nat(), fc.nat(2 ** 32 - 2), (before, at, change) => {
      const after = before.slice();
      after[at % after.length]! ^= change + 1;
      const bytesOf = ({ buffer }: Uint32Array) => new Uint8Array(buffer);
      expect(xxh32(bytesOf(after))).not.toBe(xxh32(bytesOf(before)));
    }),
  );
});

test("crc32 can go on where it stopped", () => {
  expect(crc32(utf8("6789"), crc32(utf8("12345")))).toBe(0xcbf43926);
});

test("crc32 divides eight bytes at once as it divides each, wherever they begin", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), fc.nat(), (bytes, start, seed) => {
      const part = bytes.subarray(start);
      let expected = seed >>> 0;
      for (const byte of part) expected = crc32(Uint8Array.of(byte), expected);
      expect(crc32(part, seed >>> 0)).toBe(expected);
    }),
    { seed: 1 },
  );
});

test("crc32 notices every single flipped bit", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(), (bytes, at) => {
      const flipped = bytes.slice();
      const bit = at % (bytes.length * 8);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(crc32(flipped)).not.toBe(crc32(bytes));
    }),
  );
});

test("sha256 gives the digest of its standard's example", async () => {
  expect(await sha256(utf8("abc"))).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

test("equal data has equal text, whatever the order of its keys", () => {
  expect(canonicalJson({ b: [1, { d: 1, c: undefined }], a: "x" })).toBe(
    '{"a":"x","b":[1,{"d":1}]}',
  );
});

test("a key called __proto__ is a key like any other", async () => {
  const sly = JSON.parse('{"__proto__": {"x": 1}}') as unknown;
  expect(canonicalJson(sly)).toBe('{"__proto__":{"x":1}}');
  expect(await hashOf(sly)).not.toBe(await hashOf({}));
});
