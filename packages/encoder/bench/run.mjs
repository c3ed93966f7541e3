// Measures the encoder in Chromium. From the repository's root:
//   node packages/encoder/bench/run.mjs passages --models FOLDER --texts corpus.jsonl [--model all-MiniLM-L6-v2] [--rounds 3]
//   node packages/encoder/bench/run.mjs query    --models FOLDER --texts queries.jsonl
//   node packages/encoder/bench/run.mjs load     --models FOLDER --model NAME --dtype q4
// FOLDER holds models in the layout of a hub's repositories. Prints JSON; ratios are of one run on one machine.
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, normalize, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findChromium, QUIET } from "../../../scripts/chromium.mjs";

const { chromium } = await import("playwright");
const { build, loadConfigFromFile } = await import("vite");
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PAGE = fileURLToPath(new URL("./page", import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: "string" },
    model: { type: "string", default: "all-MiniLM-L6-v2" },
    dtype: { type: "string", default: "q8" },
    texts: { type: "string" },
    count: { type: "string", default: "300" },
    rounds: { type: "string", default: "3" },
    peers: { type: "string", default: "1:plain,8:plain,32:plain" },
    threads: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const threads = values.threads === undefined ? undefined : Number(values.threads);
const [what = "passages"] = positionals;

const { config } = await loadConfigFromFile(
  { command: "build", mode: "production" },
  join(ROOT, "vite.config.ts"),
);
const dist = mkdtempSync(join(tmpdir(), "nearfield-encoder-bench-"));
const profile = mkdtempSync(join(tmpdir(), "nearfield-encoder-bench-profile-"));
let browser;
let server;
try {
  await build({
    ...config,
    root: PAGE,
    configFile: false,
    logLevel: "error",
    build: {
      ...config.build,
      target: "esnext",
      outDir: dist,
      emptyOutDir: true,
      chunkSizeWarningLimit: Infinity,
    },
  });
  server = await serve(dist, resolve(values.models ?? "."), config.server.headers);
  const origin = `http://127.0.0.1:${server.address().port}`;
  const models = `${origin}/models/`;
  browser = await chromium.launchPersistentContext(profile, {
    headless: true,
    executablePath: await findChromium(),
    args: QUIET,
  });
  const measure = async (name, job) => {
    const page = await browser.newPage();
    page.on("console", (message) => {
      const isProbe = /404/.test(message.text());
      if (message.type() === "error" && !isProbe) console.error(message.text());
    });
    await page.goto(`${origin}/`);
    await page.waitForFunction("globalThis.measurements");
    // Looking costs time of its own, so only where nothing is compared.
    const peak = name === "measureLoad" ? watchMemory() : undefined;
    const result = await page.evaluate(
      ([wanted, given]) => globalThis.measurements[wanted](given),
      [name, { models, model: values.model, dtype: values.dtype, rounds, ...job }],
    );
    const peakMiB = peak?.stop();
    await page.close();
    return { ...result, peakMiB };
  };
  const print = (value) => console.log(JSON.stringify(value, null, 2));
  if (what === "passages") print(await passages(measure));
  else if (what === "query") print(await queries(measure));
  else if (what === "load") print(await load(measure));
  else throw new Error(`passages, query or load, not ${what}`);
} finally {
  await browser?.close();
  server?.close();
  server?.closeAllConnections();
  rmSync(dist, { recursive: true, force: true });
  rmSync(profile, { recursive: true, force: true });
}

async function passages(measure) {
  const texts = mixedPassages(readTexts(), Number(values.count));
  const peers = values.peers.split(",").map((peer) => peer.split(":"));
  const job = { texts, threads, rounds: 1 };
  const all = new Map();
  const add = (name, { ms, sample, threads: met }) => {
    const found = all.get(name) ?? { name, threads: met, ms: [], sample };
    found.ms.push(...ms);
    all.set(name, found);
    console.error(`${name}: ${ms.map(Math.round).join(", ")} ms`);
  };
  // In turns, so that what else the machine does falls on all alike.
  for (let round = 0; round < rounds; round++) {
    add("nearfield", await measure("measureNearfield", job));
    for (const [batch, kind] of peers) {
      const peer = { ...job, batch: Number(batch), build: kind };
      add(
        `transformers.js ${kind}, batches of ${batch}`,
        await measure("measureTransformers", peer),
      );
    }
  }
  const { tokens } = await measure("countTokens", { texts });
  const own = median(all.get("nearfield").ms);
  const rows = [...all.values()].map(({ name, threads: met, ms, sample }) => ({
    name,
    threads: met,
    ms: ms.map(Math.round),
    documentsPerSecond: round1((texts.length / median(ms)) * 1000),
    tokensPerSecond: Math.round((tokens / median(ms)) * 1000),
    nearfieldIsFasterBy: round2(median(ms) / own),
    leastCosine: Math.min(...sample.map((row, at) => cosine(row, all.get("nearfield").sample[at]))),
  }));
  return { texts: texts.length, tokens, rows };
}

async function queries(measure) {
  const given = readTexts().slice(0, 20);
  const { tokens, bareMs, bareTripMs, encodeMs, hopMs } = await measure("measureQuery", {
    queries: given,
  });
  return {
    queries: given.length,
    tokens: { least: Math.min(...tokens), most: Math.max(...tokens) },
    bareMs: round2(median(bareMs)),
    bareTripMs: round2(median(bareTripMs)),
    encodeMs: round2(median(encodeMs)),
    hopMs: round2(median(hopMs)),
    // Of each pair that was measured one right after the other: with the way to a worker and back on both sides.
    ratio: round2(median(encodeMs.map((ms, at) => ms / bareTripMs[at]))),
    ratioToBareRun: round2(median(encodeMs.map((ms, at) => ms / bareMs[at]))),
  };
}

async function load(measure) {
  const tokens = 20;
  const { status, bytes, queryMs, peakMiB } = await measure("measureLoad", { tokens });
  return { bytes, status, peakRendererMiB: peakMiB, tokens, queryMs: queryMs.map(Math.round) };
}

/** Passages of 4 to 150 words in a mixed order, the same for the same texts: below the limit of tokens, so that nobody cuts one. */
function mixedPassages(texts, count) {
  let state = 7;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  return Array.from({ length: count }, (_, at) => {
    const words = texts[at % texts.length].split(/\s+/);
    return words.slice(0, 4 + Math.floor(random() * 147)).join(" ");
  });
}

function readTexts() {
  return readFileSync(resolve(values.texts), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line).text)
    .filter((text) => text?.trim());
}

function serve(page, models, headers) {
  const requests = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const path = normalize(decodeURIComponent(new URL(request.url, "http://host").pathname));
    const file = path.startsWith("/models/")
      ? join(models, path.slice("/models/".length))
      : join(page, path === "/" ? "index.html" : path);
    if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    const type = {
      html: "text/html",
      js: "text/javascript",
      mjs: "text/javascript",
      wasm: "application/wasm",
    };
    response.setHeader("content-type", type[file.split(".").pop()] ?? "application/octet-stream");
    response.setHeader("content-length", statSync(file).size);
    return createReadStream(file).pipe(response);
  });
  return new Promise((done) => requests.listen(0, "127.0.0.1", () => done(requests)));
}

/** Most memory that one renderer of this run had resident, looked at ten times a second; null where that can not be read. */
function watchMemory() {
  let peak = null;
  const timer = setInterval(() => {
    for (const pid of renderers()) {
      try {
        const resident = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
        peak = Math.max(peak ?? 0, Number(resident?.[1] ?? 0) / 1024);
      } catch {
        // It has ended.
      }
    }
  }, 100);
  return {
    stop: () => {
      clearInterval(timer);
      return peak === null ? null : Math.round(peak);
    },
  };
}

/** Renderers below the browser that has this run's profile (Linux). */
function renderers() {
  if (!existsSync("/proc/self/status")) return [];
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        const parent = /PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
        return [{ pid, parent, line }];
      } catch {
        return [];
      }
    });
  const below = new Set(
    processes.filter(({ line }) => line.includes(profile)).map(({ pid }) => pid),
  );
  for (let size = -1; size !== below.size;) {
    size = below.size;
    for (const { pid, parent } of processes) if (below.has(parent)) below.add(pid);
  }
  return processes
    .filter(({ pid, line }) => below.has(pid) && line.includes("--type=renderer"))
    .map(({ pid }) => pid);
}

function round1(value) {
  return Math.round(value * 10) / 10;
}

function round2(value) {
  return Math.round(value * 100) / 100;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function cosine(a, b) {
  const sum = (x, y) => x.reduce((total, value, at) => total + value * y[at], 0);
  return sum(a, b) / Math.sqrt(sum(a, a) * sum(b, b));
}
