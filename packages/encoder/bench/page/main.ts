// What the command asks of the page. Each measurement gets a page of its own.
import { measureLoad } from "./load.ts";
import { countTokens, measureNearfield, measureTransformers } from "./passages.ts";
import { measureQuery } from "./query.ts";

Object.assign(globalThis, {
  measurements: {
    countTokens,
    measureNearfield,
    measureTransformers,
    measureQuery,
    measureLoad,
  },
});
