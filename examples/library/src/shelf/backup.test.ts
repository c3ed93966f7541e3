import { describe, expect, it } from "vitest";
import { FileProblem } from "../read/problem.ts";
import { readBackup, writeBackup, type Backup } from "./backup.ts";
import { recordOf } from "./record.ts";

const backup: Backup = {
  records: [
    {
      ...recordOf("notes/a.md"),
      state: "stored",
      title: "A",
      bytes: 5,
      hasOriginal: true,
      added: 3,
    },
    { ...recordOf("b.pdf"), state: "waiting", collections: ["Work"], added: 4 },
  ],
  collections: ["Work"],
  index: new Blob(["the index"]),
  originals: new Map([["notes/a.md", new Blob(["# Ä"], { type: "text/markdown" })]]),
};

describe("an exported library", () => {
  it("comes back as it was, index and originals included", async () => {
    const read = await readBackup(writeBackup(backup));
    expect(read.records).toEqual(backup.records);
    expect(read.collections).toEqual(["Work"]);
    expect(await read.index.text()).toBe("the index");
    expect(await read.originals.get("notes/a.md")?.text()).toBe("# Ä");
    expect(read.originals.get("notes/a.md")?.type).toBe("text/markdown");
  });

  it.each([
    ["another file", new Blob(["PK\x03\x04"])],
    ["an empty one", new Blob([])],
    ["one that was cut off", writeBackup(backup).slice(0, -3)],
    ["one with more behind it", new Blob([writeBackup(backup), "x"])],
    ["one of a newer version", new Blob(["nearfield-library 2\n10\n{}"])],
    ["one whose list is damaged", new Blob(['nearfield-library 1\n3\n{"a'])],
    ["one whose list says something else", new Blob(["nearfield-library 1\n2\n{}"])],
  ])("is refused in words where it is %s", async (_, file) => {
    await expect(readBackup(file)).rejects.toThrow(FileProblem);
  });

  it("brings nothing into a record that does not belong there", async () => {
    const strange = { ...recordOf("a.md"), state: "leaving", kind: "virus", extra: 1, bytes: "x" };
    const file = writeBackup({ ...backup, records: [strange as never], originals: new Map() });
    const [record] = (await readBackup(file)).records;
    expect(record).toMatchObject({ id: "a.md", state: "waiting", kind: "markdown", bytes: 0 });
    expect(record).not.toHaveProperty("extra");
  });
});
