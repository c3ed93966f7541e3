// How long the first stage takes after a keystroke, on the page's clock, in a real browser:
//   node packages/nearfield/bench.mjs [--corpus corpus.jsonl] [--passages 10000] [--queries 40]
// Without a corpus the passages are made of invented words, as rare and as common as those of a language are.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { withBenchPage } from "../../scripts/bench-page.mjs";

const { values } = parseArgs({
  options: {
    corpus: { type: "string" },
    passages: { type: "string", default: "10000" },
    queries: { type: "string", default: "40" },
  },
});
const PACKAGES = [
  "@huggingface/tokenizers",
  "idb",
  "minisearch",
  "onnxruntime-web/webgpu",
  "stemmer",
];
const sizes = { passages: Number(values.passages), queries: Number(values.queries) };

await withBenchPage("packages/nearfield/bench.html", PACKAGES, async (page) => {
  const texts = values.corpus && readTexts(values.corpus).slice(0, sizes.passages);
  const figures = await page.evaluate(
    async ({ sizes, texts }) => {
      const { measureKeystrokes } = await import("/packages/nearfield/src/bench/keystroke.ts");
      return measureKeystrokes(sizes, texts);
    },
    { sizes, texts },
  );
  console.log({ corpus: values.corpus ?? "invented", ...figures });
});

function readTexts(path) {
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line).text).filter((text) => text.trim() !== "");
}
