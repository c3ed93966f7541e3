// What there is to choose from: each graph of a card on each device that it is for.
import type {
  Device,
  Dtype,
  ModelCard,
  ModelFile,
  RepositoryCard,
  RepositoryFile,
} from "@nearfield/core";
import { DTYPES } from "../dtype.ts";
import type { Files } from "./need.ts";

/** One graph on one device, before anything was said for or against it. */
export interface Source {
  readonly device: Device;
  /** null: the graph mixes formats of its own. */
  readonly dtype: Dtype | null;
  /** Path in the repository, or address. Null: no such file is known, and what it would take is calculated all the same. */
  readonly file: string | null;
  readonly files: Files;
}

type AnyFile = ModelFile | RepositoryFile;

/** Formats that an export of a large model would come in. */
const USUAL_EXPORTS: readonly Dtype[] = ["q4", "q8", "fp32"];
const DEVICES: readonly Device[] = ["webgpu", "wasm"];

/** @param kept hashes of the files that are here from an earlier visit */
export function listSources(
  card: RepositoryCard | ModelCard,
  kept: ReadonlySet<string>,
): readonly Source[] {
  const others: readonly AnyFile[] = [
    card.tokenizer,
    card.tokenizerConfig,
    ...(card.head ?? []).flatMap<AnyFile>(({ weights }) => weights ?? []),
  ];
  const filesOf = (graph: AnyFile, data: readonly { readonly file: AnyFile }[]): Files => {
    const all = [graph, ...data.map(({ file }) => file), ...others];
    const isKept = ({ sha256 }: AnyFile) => sha256 !== undefined && kept.has(sha256);
    return {
      graphBytes: graph.byteLength,
      dataBytes: data.map(({ file }) => file.byteLength),
      otherBytes: sumOf(others),
      keptBytes: sumOf(all.filter(isKept)),
    };
  };
  if (isPinned(card)) {
    return DEVICES.flatMap((device) => {
      const artifact = card.artifacts[device];
      if (!artifact) return [];
      const { dtype = null, graph, data } = artifact;
      return [{ device, dtype, file: graph.url, files: filesOf(graph, data) }];
    });
  }
  if (card.artifacts.length === 0) return imagine(sumOf(others));
  return DEVICES.flatMap((device) =>
    card.artifacts
      .filter(({ devices }) => devices.includes(device))
      .map(({ dtype, graph, data }) => ({
        device,
        dtype,
        file: graph.path,
        files: filesOf(graph, data),
      })),
  );
}

/** Exports that nobody has made, with external data, as a model of this size would need them. */
function imagine(otherBytes: number): readonly Source[] {
  const files = { graphBytes: undefined, dataBytes: [undefined], otherBytes, keptBytes: 0 };
  return DEVICES.flatMap((device) =>
    USUAL_EXPORTS.filter((dtype) => DTYPES[dtype].devices.includes(device)).map((dtype) => ({
      device,
      dtype,
      file: null,
      files,
    })),
  );
}

function isPinned(card: RepositoryCard | ModelCard): card is ModelCard {
  return !Array.isArray(card.artifacts);
}

function sumOf(files: readonly AnyFile[]): number {
  return files.reduce((sum, { byteLength = 0 }) => sum + byteLength, 0);
}
