import { isRetrievalError } from "@nearfield/core";
import { Supervisor, type Connection, type LifeEvent, type Preparation } from "@nearfield/link";
import type { Rung } from "@nearfield/runtime";
import type { EncoderCalls, LoadProgress, LoadReport } from "./calls.ts";
import type { FirstUse } from "./known-vectors.ts";
import { readVerdict } from "./verdict.ts";
import type { WorkerParts } from "./worker-parts.ts";

export interface RungWorkerOptions extends WorkerParts {
  readonly rung: Rung;
  readonly dimensions: number;
  readonly idleMs?: number | undefined;
  /** Known answers that did not come with the model; null where there are none. Absent: none are wanted. */
  readonly expect?: ((preparation: Preparation) => Promise<FirstUse | null>) | undefined;
  readonly onLoaded?: ((report: LoadReport & { readonly totalMs: number }) => void) | undefined;
  readonly onLife?: ((event: LifeEvent) => void) | undefined;
  readonly onLoadProgress?: ((progress: LoadProgress) => void) | undefined;
}

/** A worker that serves one rung: loads the model with each of its lives, and remembers a passed check. */
export function superviseRung(options: RungWorkerOptions): Supervisor<EncoderCalls> {
  const { card, role, rung, adapter, dimensions, redirects, threads } = options;
  const runtime = options.runtime?.[rung === "wasm" ? "wasm" : "webgpu"];

  async function load(
    connection: Connection<EncoderCalls>,
    preparation: Preparation,
  ): Promise<void> {
    const startedAt = performance.now();
    const expected = (await options.expect?.(preparation)) ?? undefined;
    const verdict = await readVerdict(card, rung, adapter.description, expected);
    const trusted = verdict.isTrusted;
    const report = await connection
      .call(
        "load",
        { card, role, rung, runtime, redirects, threads, dimensions, trusted, expected },
        { onProgress: options.onLoadProgress },
      )
      .catch((thrown: unknown) => {
        // Only now: another encoder of this page may be starting by the same verdict.
        if (isRetrievalError(thrown) && thrown.code === "EMBEDDING_INVALID") verdict.forget();
        throw thrown;
      });
    if (report.knownAnswers) verdict.remember();
    options.onLoaded?.({ ...report, totalMs: performance.now() - startedAt });
  }

  return new Supervisor<EncoderCalls>({
    spawn: options.spawn,
    prepare: load,
    onLife: options.onLife,
    idleMs: options.idleMs,
  });
}
