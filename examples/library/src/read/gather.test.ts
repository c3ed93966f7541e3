import { expect, it } from "vitest";
import { gatherFolder, gatherInput, type Found } from "./gather.ts";
import { FileProblem } from "./problem.ts";

type Handle = FileSystemDirectoryHandle | FileSystemFileHandle;

const file = (name: string): FileSystemFileHandle =>
  ({ kind: "file", name, getFile: async () => new File(["x"], name) }) as FileSystemFileHandle;

/** A folder, as far as it is looked at. `isGone`: it ends in the middle. */
function folder(
  name: string,
  inside: readonly Handle[],
  isGone = false,
): FileSystemDirectoryHandle {
  async function* values(): AsyncGenerator<Handle> {
    yield* inside;
    if (isGone) throw new DOMException("gone", "NotFoundError");
  }
  return { kind: "directory", name, values } as unknown as FileSystemDirectoryHandle;
}

async function pathsOf(found: AsyncIterable<Found>): Promise<string[]> {
  const paths: string[] = [];
  for await (const one of found) paths.push(one.file ? one.path : `${one.path} (gone)`);
  return paths;
}

it("walks folders within folders, past hidden ones", async () => {
  const root = folder("notes", [
    file("a.md"),
    folder(".git", [file("HEAD.txt")]),
    folder("deep", [file("b.md"), file(".hidden.md")]),
  ]);
  expect(await pathsOf(gatherFolder(root))).toEqual(["notes/a.md", "notes/deep/b.md"]);
});

it("a folder within it that goes away is told, and the others are read", async () => {
  const root = folder("notes", [folder("gone", [file("a.md")], true), file("b.md")]);
  expect(await pathsOf(gatherFolder(root))).toEqual([
    "notes/gone/a.md",
    "notes/gone (gone)",
    "notes/b.md",
  ]);
});

it("a folder that goes away itself ends the reading in words, after what was there", async () => {
  const root = folder("notes", [file("a.md")], true);
  const found = gatherFolder(root);
  expect((await found.next()).value).toMatchObject({ path: "notes/a.md" });
  await expect(found.next()).rejects.toThrow(FileProblem);
});

it("keeps the folders of a file input, and takes single files by their names", async () => {
  const inFolder = new File(["x"], "a.md");
  Object.assign(inFolder, { webkitRelativePath: "notes/a.md" });
  const hidden = new File(["x"], "b.md");
  Object.assign(hidden, { webkitRelativePath: "notes/.git/b.md" });
  const single = Object.assign(new File(["x"], "c.md"), { webkitRelativePath: "" });
  expect(await pathsOf(gatherInput([inFolder, hidden, single]))).toEqual(["notes/a.md", "c.md"]);
});
