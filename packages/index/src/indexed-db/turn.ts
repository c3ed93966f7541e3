// Web Locks: to save work, and to know that nobody is at something. What must not go wrong is in the transactions.

/**
 * How long one holder may keep others waiting. A holder that is stopped (a frozen tab, a debugger) is overtaken then; its commit
 * comes too late and changes nothing. Longer than usual commits take, as overtaking one that is merely slow costs both of them work.
 */
export const LEASE_MS = 3000;

/** Runs `task` while it holds the lock `name`, or without where there are no locks, or once its holder has had a whole lease. */
export async function takeTurn<T>(
  name: string,
  task: () => Promise<T>,
  leaseMs: number = LEASE_MS,
): Promise<T> {
  const { locks } = navigator;
  if (!locks) return task();
  let outcome: Promise<T> | undefined;
  const run = async () => {
    outcome = task();
    await outcome.catch(() => {});
  };
  for (let isOver = false, steal = false; !isOver;) {
    const holder = await findHolder(name);
    try {
      await locks.request(name, steal ? { steal } : { signal: AbortSignal.timeout(leaseMs) }, run);
      isOver = true;
    } catch {
      // With an outcome under way: somebody has taken the lock from us, which is not our task's affair. Without: we have waited for a
      // lease. If others were served meanwhile, all is well, only long.
      isOver = outcome !== undefined;
      steal = !isOver && holder !== undefined && holder === (await findHolder(name));
    }
  }
  return outcome as Promise<T>;
}

async function findHolder(name: string): Promise<string | undefined> {
  const { held = [] } = await navigator.locks.query();
  return held.find((lock) => lock.name === name)?.clientId;
}

/**
 * Holds a lock that several may hold, until the returned function is called, which fulfills when it is free. Who can not have it
 * within a lease does without.
 */
export async function holdShared(
  name: string,
  leaseMs: number = LEASE_MS,
): Promise<() => Promise<void>> {
  const { locks } = navigator;
  if (!locks) return async () => {};
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let request: Promise<unknown> | undefined;
  await new Promise<void>((granted) => {
    const options = { mode: "shared", signal: AbortSignal.timeout(leaseMs) } as const;
    request = locks
      .request(name, options, () => {
        granted();
        return held;
      })
      .catch(() => granted());
  });
  return async () => {
    release();
    await request;
  };
}

/** Runs `task` if nobody holds the lock `name`, in whatever way; else passes over it. */
export async function ifNobody(name: string, task: () => Promise<void>): Promise<void> {
  const { locks } = navigator;
  if (locks) await locks.request(name, { ifAvailable: true }, (lock) => lock && task());
}
