import { lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { RetrievalError } from "@nearfield/core";

/** Files by which Chromium holds a profile. One that was killed leaves them, and they would keep the next one out. */
const CHROMIUM_LOCKS = ["SingletonLock", "SingletonSocket", "SingletonCookie"];

/** How long the browser of a run that was killed may take to notice. */
const ORPHAN_MS = 10_000;
const POLL_MS = 100;

/** Keeps two runs from working on one folder. Holds as long as its process lives. */
export class Lock {
  readonly #file: string;

  /** @param file that stands for what is held */
  constructor(file: string) {
    this.#file = file;
  }

  /** @throws RetrievalError `INVALID_OPTION` where another process that lives holds it */
  take(): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    const holder = this.#holder();
    if (isAlive(holder)) {
      throw new RetrievalError("INVALID_OPTION", "another run is at work on the same evaluation", {
        value: holder,
        repair: "Wait for it, or end it.",
      });
    }
    rmSync(this.#file, { force: true });
    // Fails where another process came first.
    writeFileSync(this.#file, String(process.pid), { flag: "wx" });
  }

  release(): void {
    rmSync(this.#file, { force: true });
  }

  #holder(): number | undefined {
    try {
      return Number(readFileSync(this.#file, "utf8"));
    } catch {
      return undefined;
    }
  }
}

/** Waits for the browser of a run that was killed, and takes away the locks that it left on its profile. */
export async function freeProfile(profile: string): Promise<void> {
  const until = Date.now() + ORPHAN_MS;
  while (isAlive(browserOf(profile)) && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  for (const name of CHROMIUM_LOCKS) rmSync(join(profile, name), { force: true });
}

/** Process that holds a profile: the lock is a link to `host-pid`. */
function browserOf(profile: string): number | undefined {
  const lock = join(profile, CHROMIUM_LOCKS[0] ?? "");
  try {
    if (!lstatSync(lock).isSymbolicLink()) return undefined;
    return Number(readlinkSync(lock).split("-").at(-1));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined || !(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // Somebody else's process is alive as well.
    return (thrown as NodeJS.ErrnoException).code === "EPERM";
  }
}
