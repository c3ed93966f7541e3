import { isRetrievalError, type Device, type ModelCard, type Role } from "@nearfield/core";
import { Supervisor, type Connection, type LifeEvent } from "@nearfield/link";
import type { AdapterReport, Rung, RuntimeFiles } from "@nearfield/runtime";
import type { EncoderCalls, LoadProgress, LoadReport } from "./calls.ts";
import { readVerdict } from "./verdict.ts";

export interface RungWorkerOptions {
  readonly card: ModelCard;
  readonly role: Role;
  readonly rung: Rung;
  readonly adapter: AdapterReport;
  readonly dimensions: number;
  readonly runtime?: Readonly<Record<Device, RuntimeFiles>> | undefined;
  readonly redirects?: readonly string[] | undefined;
  readonly threads: number;
  readonly spawn: () => Worker;
  readonly idleMs: number | undefined;
  readonly onLoaded: (report: LoadReport & { readonly totalMs: number }) => void;
  readonly onLife: (event: LifeEvent) => void;
  readonly onLoadProgress: ((progress: LoadProgress) => void) | undefined;
}

/** A worker that serves one rung: loads the model with each of its lives, and remembers a passed check. */
export function superviseRung(options: RungWorkerOptions): Supervisor<EncoderCalls> {
  const { card, role, rung, adapter, dimensions, redirects, threads } = options;
  const runtime = options.runtime?.[rung === "wasm" ? "wasm" : "webgpu"];

  async function load(connection: Connection<EncoderCalls>): Promise<void> {
    const startedAt = performance.now();
    const verdict = await readVerdict(card, rung, adapter.description);
    const trusted = verdict.isTrusted;
    const report = await connection
      .call(
        "load",
        { card, role, rung, runtime, redirects, threads, dimensions, trusted },
        { onProgress: options.onLoadProgress },
      )
      .catch((thrown: unknown) => {
        // Only now: another encoder of this page may be starting by the same verdict.
        if (isRetrievalError(thrown) && thrown.code === "EMBEDDING_INVALID") verdict.forget();
        throw thrown;
      });
    if (report.knownAnswers) verdict.remember();
    options.onLoaded({ ...report, totalMs: performance.now() - startedAt });
  }

  return new Supervisor<EncoderCalls>({
    spawn: options.spawn,
    prepare: load,
    onLife: options.onLife,
    idleMs: options.idleMs,
  });
}
