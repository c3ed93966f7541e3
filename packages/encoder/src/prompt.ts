import type { ModelCard, Role } from "@nearfield/core";

/** What goes before a text of this role, character by character. */
export function promptOf(card: ModelCard, role: Role, instruction?: string): string {
  return fill(card, card.prompts[role], { instruction });
}

/** What goes before a passage of a document with this title; undefined where the model has no place for titles. */
export function titlePromptOf(card: ModelCard, title: string): string | undefined {
  return card.titlePrompt === undefined ? undefined : fill(card, card.titlePrompt, { title });
}

interface Fillings {
  readonly instruction?: string | undefined;
  readonly title?: string | undefined;
}

function fill(card: ModelCard, template: string, { instruction, title }: Fillings): string {
  // One pass and a function: what stands in an instruction or a title, `$&` or a second place, must stay what it is.
  return template.replaceAll(/\{(?:instruction|title)\}/g, (place) =>
    place === "{title}" ? (title ?? place) : (instruction ?? card.instruction ?? ""),
  );
}
