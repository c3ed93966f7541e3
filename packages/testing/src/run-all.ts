/**
 * Whether the heavy matrices run too (`npm run test:all`). Vite fills in `import.meta.env` where it stands in these very words, and
 * nowhere else: a test that takes `import.meta` apart never sees it, and its matrix silently never runs.
 */
export const RUN_ALL: boolean = Boolean(
  (import.meta as { env?: Readonly<Record<string, string>> }).env?.["NEARFIELD_TEST_ALL"],
);
