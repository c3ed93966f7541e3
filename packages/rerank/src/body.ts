import type { YesNoScoring } from "@nearfield/core";

export interface BodyParts {
  readonly instruction: string;
  readonly query: string;
  readonly passage: string;
}

/** The body of a yes/no template with everything in its place: once, so that a place's name inside a query stays text. */
export function bodyOf(scoring: YesNoScoring, parts: BodyParts): string {
  return scoring.body.replace(
    /\{(instruction|query|passage)\}/g,
    (_, name: keyof BodyParts) => parts[name],
  );
}
