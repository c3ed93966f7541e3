import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildPackage } from "../../scripts/build-package.mjs";
import { readExamples } from "./readme.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** The harness was built in this process's parent, and Vite sets NODE_ENV there: npm would leave out Vite itself. */
const { NODE_ENV: _, ...ENVIRONMENT } = process.env;

/** An app outside the workspace that knows Nearfield only as a tarball of `npm pack`; Vite with no configuration at all. */
export class Consumer {
  /** The app's folder. */
  readonly folder: string;
  /** The folder that was packed. */
  readonly staged: string;

  private constructor(folder: string, staged: string) {
    this.folder = folder;
    this.staged = staged;
  }

  /** Builds the package, packs it, and installs it with plain npm. Takes the length of a download where npm's cache is empty. */
  static async create(): Promise<Consumer> {
    const staged = buildPackage();
    const folder = await mkdtemp(join(tmpdir(), "nearfield-packed-"));
    const consumer = new Consumer(folder, staged);
    await cp(join(import.meta.dirname, "app"), folder, { recursive: true });
    await mkdir(join(folder, "examples"));
    for (const { name, code } of readExamples()) {
      // The empty export makes a module of it, whatever the example begins with.
      await writeFile(join(folder, "examples", `${name}.ts`), `${code}\nexport {};\n`);
    }
    const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder], {
      cwd: staged,
    });
    const manifest = {
      name: "consumer",
      private: true,
      type: "module",
      dependencies: { nearfield: `file:${stdout.trim()}` },
      devDependencies: { vite: await versionOf("vite"), typescript: await versionOf("typescript") },
    };
    await writeFile(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
    await consumer.npm("install", "--no-audit", "--no-fund", "--prefer-offline");
    return consumer;
  }

  /** `vite build`; gives what it said. */
  async build(): Promise<string> {
    return this.#node("vite/bin/vite.js", "build");
  }

  /** Compiles the app and the README's examples against the published declarations. */
  async checkTypes(): Promise<string> {
    return this.#node("typescript/bin/tsc", "--project", ".");
  }

  async npm(...args: string[]): Promise<string> {
    return output(run("npm", args, { cwd: this.folder, env: ENVIRONMENT }));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #node(tool: string, ...args: string[]): Promise<string> {
    const path = join(this.folder, "node_modules", tool);
    return output(run(process.execPath, [path, ...args], { cwd: this.folder, env: ENVIRONMENT }));
  }
}

/** Both streams of a command; a failure carries them too. */
async function output(command: Promise<{ stdout: string; stderr: string }>): Promise<string> {
  try {
    const { stdout, stderr } = await command;
    return stdout + stderr;
  } catch (thrown) {
    const {
      message,
      stdout = "",
      stderr = "",
    } = thrown as Error & {
      stdout?: string;
      stderr?: string;
    };
    throw new Error(`${message}\n${stdout}${stderr}`, { cause: thrown });
  }
}

/** The version that this workspace itself has installed. */
async function versionOf(name: string): Promise<string> {
  const text = await readFile(join(ROOT, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
