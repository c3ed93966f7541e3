import type { HeadLayer, ModelArtifact, ModelCard, ModelFile } from "@nearfield/core";

/** Every file that one device needs to run a card, each once. */
export function filesOf(card: ModelCard, artifact: ModelArtifact): readonly ModelFile[] {
  const files = [
    artifact.graph,
    ...artifact.data.map(({ file }) => file),
    ...(artifact.expanded ? [artifact.expanded.plan] : []),
    ...(artifact.knownAnswers ? [artifact.knownAnswers] : []),
    card.tokenizer,
    card.tokenizerConfig,
    ...(card.head ?? []).flatMap(weightsOf),
  ];
  return [...new Set(files)];
}

function weightsOf({ weights }: HeadLayer<ModelFile>): readonly ModelFile[] {
  return weights ? [weights] : [];
}
