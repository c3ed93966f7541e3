import { askSure } from "../../../shared/sure.ts";

const ALL_SITES: chrome.permissions.Permissions = { origins: ["*://*/*"] };

/** What the browser is asked for, and why. */
export interface Access {
  readonly wanted: chrome.permissions.Permissions;
  readonly title: string;
  readonly text: string;
}

export type AccessName = "thisTab" | "allTabs" | "bookmarks";

export const ACCESS: Readonly<Record<AccessName, Access>> = {
  thisTab: {
    wanted: ALL_SITES,
    title: "May the panel read this tab?",
    text: "The browser lets it read a tab where you have pressed the Nearfield button in the toolbar. Press it there for this one page, or allow all sites once. The panel still reads only pages that you tell it to remember.",
  },
  allTabs: {
    wanted: ALL_SITES,
    title: "May the panel read all tabs?",
    text: "To see which tabs are open and to read them, the panel needs access to all sites. It reads them now, and later only what you tell it to remember. You can take the access back at any time.",
  },
  bookmarks: {
    wanted: { ...ALL_SITES, permissions: ["bookmarks"] },
    title: "May the panel read your bookmarks?",
    text: "It needs your list of bookmarks, and access to all sites to fetch their pages. They are fetched once, without your cookies, from the sites themselves, and from nobody else.",
  },
};

/** Whether the browser has given it already. */
export function has(access: Access): Promise<boolean> {
  return chrome.permissions.contains(access.wanted);
}

/** Explains, and then has the browser ask. Must be called right after a click or a key. */
export async function ask(access: Access): Promise<boolean> {
  const { wanted, title, text } = access;
  const yes = { title, text, yes: "Continue", no: "Not now", kind: "plain" } as const;
  if (!(await askSure(yes))) return false;
  // The click on "Continue" is what the browser wants to see.
  return chrome.permissions.request(wanted);
}

export function hasAllSites(): Promise<boolean> {
  return chrome.permissions.contains(ALL_SITES);
}

/** Gives everything back that was asked for. */
export async function giveBack(): Promise<void> {
  await chrome.permissions.remove(ACCESS.bookmarks.wanted);
}
