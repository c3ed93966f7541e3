import { pageKey } from "../shelf/address.ts";

export interface Bookmark {
  readonly url: string;
  readonly title: string;
}

/** All bookmarked pages of the web, each once. */
export async function readBookmarks(): Promise<readonly Bookmark[]> {
  const found = new Map<string, Bookmark>();
  const pending = [...(await chrome.bookmarks.getTree())];
  for (let node = pending.shift(); node; node = pending.shift()) {
    pending.push(...(node.children ?? []));
    const url = node.url === undefined ? undefined : pageKey(node.url);
    if (url !== undefined && !found.has(url)) found.set(url, { url, title: node.title });
  }
  return [...found.values()];
}
