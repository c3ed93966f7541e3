/** Licence and languages from the block between `---` at the head of a README, where the hub has them. */
export interface ReadmeFacts {
  readonly licence: string | undefined;
  readonly languages: readonly string[] | undefined;
}

/** Reads the two simple forms that are in use, `key: value` and a list; anything else counts as not stated. */
export function readReadme(text: string | undefined): ReadmeFacts {
  const head = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text ?? "")?.[1] ?? "";
  const value = (key: string) => new RegExp(`^${key}:[ \\t]*(\\S.*?)\\s*$`, "m").exec(head)?.[1];
  const items = new RegExp(
    "^language:[ \\t]*\\r?\\n((?:[ \\t]*-[ \\t]*\\S+[ \\t]*\\r?\\n?)+)",
    "m",
  );
  const listed = items.exec(head)?.[1]?.match(/[^\s-]\S*/g);
  const single = value("language");
  return {
    licence: value("license_name") ?? value("license"),
    languages: listed ?? (single ? [single] : undefined),
  };
}
