import type { GraphOutput } from "../graph.ts";
import { checkTokens, makeFeeds, readFloats } from "./feeds.ts";
import { openSession, type SessionOptions } from "./session.ts";

export interface RuntimeOptions extends SessionOptions {
  /** Name of the one output that is ever fetched. */
  readonly output: string;
  readonly padId: number;
}

/** A loaded graph of a text encoder. */
export interface Runtime {
  /**
   * Runs a right-padded batch.
   * @param types for pairs of texts: which of the two each token belongs to
   * @throws RetrievalError `DEVICE_LOST`, `INFERENCE_FAILED`; `MODEL_INVALID` for a token that the graph does not have,
   * and `MODEL_UNSUPPORTED` for an input of unknown meaning, both before anything runs
   */
  run(
    rows: readonly (readonly number[])[],
    types?: readonly (readonly number[])[],
  ): Promise<GraphOutput>;
}

/**
 * Loads a graph that is asked for one output.
 * @throws RetrievalError `INFERENCE_FAILED`, `DEVICE_LOST`
 */
export async function openRuntime(options: RuntimeOptions): Promise<Runtime> {
  return serve(await openSession(options), options);
}

/** Apart from {@link openRuntime}, so that nothing here holds on to the bytes of graph and weights. */
function serve(
  session: Awaited<ReturnType<typeof openSession>>,
  { output, padId }: Pick<RuntimeOptions, "output" | "padId">,
): Runtime {
  return {
    run: async (rows, types) => {
      const feeds = () => {
        checkTokens(rows, session.vocabulary);
        return makeFeeds(session.inputs, rows, padId, { types });
      };
      const outputs = await session.run(feeds, [output]);
      return readFloats(outputs[output], output);
    },
  };
}
