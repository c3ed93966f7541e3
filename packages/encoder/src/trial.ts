// Which of two devices that are both right is the faster one here: measured once, and remembered.
import { hashOf, type Device, type ModelCard, type Role } from "@nearfield/core";
import { KNOWN_TEXTS } from "@nearfield/models";
import { filesOf } from "./files.ts";

/** Milliseconds for the two shapes that occur: one short query, one batch of passages. */
export interface Times {
  readonly queryMs: number;
  readonly documentMs: number;
}

export type Measured = Readonly<Record<Device, Times>>;

/** The number is the version of the shapes. */
const PREFIX = "nearfield:times:1:";
/** What a trial may load in the background: weights beyond this are not faster on WASM, and nobody asked for them. */
const MAX_TRIAL_BYTES = 64_000_000;
/** WASM shares its cores with the page: it has to be clearly faster than a GPU. */
const CLEARLY = 0.9;
/** What disturbs a run only slows it. One run before these warms up. */
const RUNS = 2;

/** A query of some 5 tokens; four passages of some 100. */
const SHAPES: Readonly<Record<Role, readonly string[]>> = {
  query: KNOWN_TEXTS.slice(0, 1),
  document: Array.from({ length: 4 }, () => KNOWN_TEXTS[2] as string),
};

export type Encode = (texts: readonly string[], role: Role) => Promise<unknown>;

/** Whether a trial is worth what it costs: a model that is small on WASM. */
export function isWorthTrying({ artifacts: { webgpu, wasm } }: ModelCard): boolean {
  if (!webgpu || !wasm) return false;
  const files = [wasm.graph, ...wasm.data.map(({ file }) => file)];
  return files.reduce((sum, { byteLength }) => sum + byteLength, 0) <= MAX_TRIAL_BYTES;
}

/** The device to begin with. */
export function fasterOf({ webgpu, wasm }: Measured, role: Role): Device {
  const shape = role === "query" ? "queryMs" : "documentMs";
  return wasm[shape] < CLEARLY * webgpu[shape] ? "wasm" : "webgpu";
}

/** Times both shapes, one after the other. @throws whatever `encode` throws */
export async function timeShapes(encode: Encode): Promise<Times> {
  return {
    queryMs: await timeShape(encode, "query"),
    documentMs: await timeShape(encode, "document"),
  };
}

async function timeShape(encode: Encode, role: Role): Promise<number> {
  await encode(SHAPES[role], role);
  let least = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const startedAt = performance.now();
    await encode(SHAPES[role], role);
    least = Math.min(least, performance.now() - startedAt);
  }
  return least;
}

/** What was measured before with these files on this adapter, by this browser. Never rejects. */
export async function recallTimes(card: ModelCard, adapter: string): Promise<Measured | null> {
  try {
    const key = await keyOf(card, adapter);
    return asMeasured(JSON.parse(localStorage.getItem(key) ?? "null"));
  } catch {
    return null; // refused, or not ours
  }
}

/** Without storage the next visit measures again. Never rejects. */
export async function rememberTimes(
  card: ModelCard,
  adapter: string,
  measured: Measured,
): Promise<void> {
  try {
    const key = await keyOf(card, adapter);
    localStorage.setItem(key, JSON.stringify(measured));
  } catch {
    // refused, or full
  }
}

async function keyOf(card: ModelCard, adapter: string): Promise<string> {
  const files = Object.values(card.artifacts).flatMap((artifact) => filesOf(card, artifact));
  const hashes = [...new Set(files.map(({ sha256 }) => sha256))].toSorted();
  return PREFIX + (await hashOf({ adapter, browser: navigator.userAgent, files: hashes }));
}

function asMeasured(value: unknown): Measured | null {
  const { webgpu, wasm } = (value ?? {}) as Partial<Measured>;
  const times = [webgpu?.queryMs, webgpu?.documentMs, wasm?.queryMs, wasm?.documentMs];
  return webgpu && wasm && times.every(Number.isFinite) ? { webgpu, wasm } : null;
}
