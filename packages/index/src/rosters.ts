import { sameToken, type SegmentStore, type StoreToken } from "@nearfield/core";
import { OVERTAKEN } from "./load.ts";
import { readRoster, rosterKeys, type Roster } from "./roster.ts";

/** The rosters of these segments, as far as they are there and sound, as of the state `token`. */
export async function readRosters(
  store: SegmentStore,
  token: StoreToken | undefined,
  segments: readonly number[],
): Promise<readonly Roster[] | typeof OVERTAKEN> {
  const rosters: Roster[] = [];
  for (const id of segments) {
    const { manifest, records } = await store.read("entries", rosterKeys(id));
    if (!sameToken(manifest, token)) return OVERTAKEN;
    const roster = readRoster(id, records[0], records[1]);
    if (roster) rosters.push(roster);
  }
  return rosters;
}
