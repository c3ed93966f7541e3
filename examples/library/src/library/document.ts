import type { DocumentInput } from "nearfield";
import type { FileRecord } from "../shelf/record.ts";

/** A file as a document of the index. What is filtered by is in its fields. */
export function documentOf(record: FileRecord, text: string): DocumentInput {
  const { id, kind, modified } = record;
  return {
    id,
    title: titleOf(record),
    text,
    fields: { id, kind: kind ?? "text", modified },
  };
}

/** What a file is called where people see it: its own title, or its name without the ending. */
export function titleOf({ title, name }: FileRecord): string {
  return title ?? (name.replace(/\.\w{1,8}$/, "") || name);
}
