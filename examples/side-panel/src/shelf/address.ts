/**
 * What names a page: its address without the place in it. Some applications keep the page itself behind the `#`.
 * @returns undefined for what is no page of the web: settings, extensions, files
 */
export function pageKey(address: string): string | undefined {
  const url = parse(address);
  if (!url || !["http:", "https:"].includes(url.protocol)) return undefined;
  if (!/^#[!/]/.test(url.hash)) url.hash = "";
  url.username = "";
  url.password = "";
  return url.href;
}

/** The site that a page belongs to, as a person would say it. */
export function siteOf(address: string): string {
  return parse(address)?.host.replace(/^www\./, "") ?? address;
}

function parse(address: string): URL | undefined {
  return URL.canParse(address) ? new URL(address) : undefined;
}
