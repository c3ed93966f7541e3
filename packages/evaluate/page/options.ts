import type { EncoderOptions } from "nearfield";
import type { Job } from "../src/job.ts";

/** The options of a job in the form of the facade, which checks them. */
export function encoderOptions({ model, device, dimensions, modelHost }: Job): EncoderOptions {
  return {
    // A name comes from the command line; whether there is such a model is for the facade to say.
    model: model as NonNullable<EncoderOptions["model"]>,
    device,
    ...(dimensions !== undefined && { dimensions }),
    ...(modelHost !== undefined && { models: { host: modelHost } }),
  };
}
