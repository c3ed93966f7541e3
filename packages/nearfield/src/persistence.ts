/** Asks the browser about eviction; a browser without the API, or one that throws, means "no". */
export async function askPersisted(question: "persist" | "persisted"): Promise<boolean> {
  try {
    return (await navigator.storage?.[question]?.()) ?? false;
  } catch {
    return false;
  }
}
