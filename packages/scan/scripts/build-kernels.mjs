// Compiles assembly/ to WebAssembly and writes it, as base64, into src/kernels/*.wasm.ts: a page can then load the kernels
// without a request, under a policy of `script-src 'self' 'wasm-unsafe-eval'`.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const home = dirname(dirname(fileURLToPath(import.meta.url)));

const OPTIONS = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--enable", "simd"];

/** Module name -> further compiler options. Engines without relaxed SIMD reject a whole module that has it: hence two. */
const MODULES = { simd: [], relaxed: ["--enable", "relaxed-simd"] };

/** Compiles every module: its name -> its bytes in base64. */
export async function buildKernels() {
  const built = new Map();
  for (const [name, options] of Object.entries(MODULES))
    built.set(name, (await compile([...OPTIONS, ...options])).toString("base64"));
  return built;
}

async function compile(options) {
  let bytes;
  let log = "";
  const { error } = await asc.main(
    ["assembly/index.ts", "--baseDir", home, "--outFile", "out.wasm", ...options],
    {
      readFile: (name, folder) => readFile(join(folder, name), "utf8").catch(() => null),
      stderr: { write: (text) => void (log += text) },
      writeFile: (_name, contents) => void (bytes = Buffer.from(contents)),
    },
  );
  if (error) throw new Error(`assemblyscript: ${error.message}\n${log}`);
  return bytes;
}

function generate(name, base64) {
  return `// Generated from assembly/ by scripts/build-kernels.mjs. Do not edit.

/** The module \`${name}\`, in base64. */
export const ${name.toUpperCase()}_WASM: string =
  "${base64}";
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, base64] of await buildKernels())
    await writeFile(join(home, `src/kernels/${name}.wasm.ts`), generate(name, base64));
}
