import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { RetrievalError } from "@nearfield/core";
import type { Dataset } from "../dataset.ts";
import type { Answer, Job } from "../job.ts";
import { Lock } from "./lock.ts";

/** All that stored vectors depend on. */
export interface StateKey extends Pick<Job, "mode" | "model" | "device" | "dimensions"> {
  readonly dataset: Dataset;
  /** Hash of the page with all its workers, models and runtimes: other code, other vectors. */
  readonly page: string;
  /** All else that may change a vector. */
  readonly further: readonly unknown[];
  /** How queries are answered. Runs that differ in this alone share what is stored of the documents. */
  readonly retrieval?: Job["retrieval"];
}

/**
 * What a run has so far, on disk: a browser profile with the index, vectors, and answers. A run with the same key goes on with
 * it; one with other data, another model or changed code has another folder.
 */
export class State {
  /** Where the browser keeps what it stores. */
  readonly profile: string;
  readonly #folder: string;
  readonly #answers: string;
  readonly #lock: Lock;
  #rows = 0;
  #dimensions = 0;

  /** @throws RetrievalError `INVALID_OPTION` where another run is at work on it */
  constructor(cache: string, key: StateKey, fresh: boolean) {
    const { dataset, mode, model, device, dimensions = "full", retrieval } = key;
    const parts = [dataset.name, model, device, String(dimensions), mode];
    const readable = parts.join("-").replaceAll(/[^\p{L}\p{N}._-]+/gu, "_");
    const corpus = hash(dataset.corpus);
    const whole = hash([parts, corpus, key.page, key.further]);
    this.#folder = join(cache, `${readable}-${whole.slice(0, 12)}`);
    this.#lock = new Lock(`${this.#folder}.lock`);
    this.#lock.take();
    if (fresh) rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true });
    this.profile = join(this.#folder, "profile");
    const asked = dataset.queries.map(({ id, text, instruction, excluded }) => {
      return [id, text, instruction, excluded.length];
    });
    const answers = hash([asked, retrieval]).slice(0, 12);
    this.#answers = join(this.#folder, `answers-${answers}.jsonl`);
    this.#loadVectors();
  }

  /** Vectors that are stored: the first rows of the corpus. */
  get stored(): { readonly rows: number; readonly dimensions: number } {
    return { rows: this.#rows, dimensions: this.#dimensions };
  }

  get vectorsFile(): string {
    return join(this.#folder, "vectors.f32");
  }

  /**
   * Stores rows after those that are there.
   * @throws RetrievalError `INVALID_VECTOR` where they are not the next ones
   */
  addVectors(bytes: Uint8Array, from: number, dimensions: number): void {
    const rowBytes = dimensions * Float32Array.BYTES_PER_ELEMENT;
    const isNext = from === this.#rows && (from === 0 || dimensions === this.#dimensions);
    if (!isNext || !(rowBytes > 0) || bytes.byteLength % rowBytes !== 0) {
      throw new RetrievalError("INVALID_VECTOR", "these are not the next rows", { value: from });
    }
    if (from === 0) writeFileSync(this.#sizeFile, JSON.stringify({ dimensions }));
    appendFileSync(this.vectorsFile, bytes);
    this.#dimensions = dimensions;
    this.#rows += bytes.byteLength / rowBytes;
  }

  /** Answers of earlier runs and of this one, by query. */
  readAnswers(): Map<string, Answer> {
    if (!existsSync(this.#answers)) return new Map();
    const text = readFileSync(this.#answers, "utf8");
    // A run that was killed may have left the beginning of a line.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (whole !== text) writeFileSync(this.#answers, whole);
    const answers = whole
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Answer);
    return new Map(answers.map((answer) => [answer.query, answer]));
  }

  addAnswer(answer: Answer): void {
    appendFileSync(this.#answers, `${JSON.stringify(answer)}\n`);
  }

  /** Lets others go on with it. */
  close(): void {
    this.#lock.release();
  }

  get #sizeFile(): string {
    return join(this.#folder, "vectors.json");
  }

  #loadVectors(): void {
    if (!existsSync(this.#sizeFile) || !existsSync(this.vectorsFile)) {
      rmSync(this.vectorsFile, { force: true });
      return;
    }
    const { dimensions } = JSON.parse(readFileSync(this.#sizeFile, "utf8")) as {
      dimensions: number;
    };
    const rowBytes = dimensions * Float32Array.BYTES_PER_ELEMENT;
    const rows = Math.floor(statSync(this.vectorsFile).size / rowBytes);
    // A run that was killed may have left a part of a row.
    truncateSync(this.vectorsFile, rows * rowBytes);
    this.#rows = rows;
    this.#dimensions = rows > 0 ? dimensions : 0;
  }
}

function hash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
