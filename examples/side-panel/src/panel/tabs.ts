/**
 * The tab that the person is looking at; where the panel itself was opened in a tab, the one looked at before.
 * Its address is there only if the panel may read it.
 */
export async function currentTab(): Promise<chrome.tabs.Tab | undefined> {
  const own = await chrome.tabs.getCurrent();
  const [active] = await chrome.tabs.query({ active: true, currentWindow: true });
  if (!own) return active;
  const others = (await chrome.tabs.query({})).filter((tab) => !isOurs(tab) && tab.id !== own.id);
  return others.toSorted((a, b) => (b.lastAccessed ?? 0) - (a.lastAccessed ?? 0))[0];
}

/** All tabs that may be remembered, as far as is known without reading them. */
export async function rememberableTabs(): Promise<readonly chrome.tabs.Tab[]> {
  const tabs = await chrome.tabs.query({});
  return tabs.filter(({ url, incognito }) => !incognito && /^https?:/.test(url ?? ""));
}

/** Calls back when another tab is looked at, or the one that is has changed. */
export function onTabChange(listener: () => void): void {
  chrome.tabs.onActivated.addListener(listener);
  chrome.tabs.onUpdated.addListener(listener);
  chrome.tabs.onRemoved.addListener(listener);
}

function isOurs({ url, pendingUrl }: chrome.tabs.Tab): boolean {
  return (url ?? pendingUrl ?? "").startsWith(location.origin);
}
