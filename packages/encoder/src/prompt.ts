import type { ModelCard, Role } from "@nearfield/core";

/** What goes before a text of this role, character by character. */
export function promptOf(card: ModelCard, role: Role, instruction?: string): string {
  // A function, because `$&` and its kin in an instruction must stay what they are.
  return card.prompts[role].replaceAll(
    "{instruction}",
    () => instruction ?? card.instruction ?? "",
  );
}
