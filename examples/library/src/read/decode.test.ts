import { describe, expect, it } from "vitest";
import { decodeText } from "./decode.ts";
import { FileProblem } from "./problem.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("the text of a file", () => {
  it("is read as UTF-8, as UTF-16 with its mark, and else as Windows-1252", () => {
    expect(decodeText(bytes("Grüße\r\nund Küsse\r"))).toBe("Grüße\nund Küsse\n");
    expect(decodeText(Uint8Array.from([0xff, 0xfe, 0x41, 0, 0xe4, 0]))).toBe("Aä");
    expect(decodeText(Uint8Array.from([0xfe, 0xff, 0, 0x41, 0, 0xe4]))).toBe("Aä");
    expect(decodeText(Uint8Array.from([0x47, 0x72, 0xfc, 0xdf, 0x65]))).toBe("Grüße");
  });

  it("may have tabs, form feeds and escapes, as logs and old manuals do", () => {
    expect(decodeText(bytes("a\tb\fc\x1b[1md"))).toBe("a\tb\fc\x1b[1md");
  });

  it("is refused where it is none, in words", () => {
    expect(() => decodeText(bytes("MZ\0\0\0"))).toThrow(FileProblem);
    const picture = Uint8Array.from({ length: 4_000 }, (_, at) => (at * 7) % 256);
    expect(() => decodeText(picture)).toThrow(/holds something else/);
  });
});
