import { RetrievalError, type Towers } from "@nearfield/core";

/** What two towers have to agree in. */
interface Space {
  readonly name: string;
  readonly space: string;
  readonly dimensions: number;
}

/** Whether a model has one card for queries and another for documents. */
export function isTowers<Card extends object>(model: Card | Towers<Card>): model is Towers<Card> {
  return "query" in model && "document" in model;
}

/** The card for queries and the card for documents; they are the same one where the model has one. */
export function towersOf<Card extends object>(model: Card | Towers<Card>): Towers<Card> {
  return isTowers(model) ? model : { query: model, document: model };
}

/**
 * Gives `towers` back if the vectors of one may be compared with those of the other.
 * @throws RetrievalError `MODEL_MISMATCH`
 */
export function checkTowers<Card extends Space>(towers: Towers<Card>): Towers<Card> {
  const { query, document } = towers;
  if (query.dimensions !== document.dimensions) {
    throw new RetrievalError("MODEL_MISMATCH", "the two towers give vectors of different lengths", {
      value: `${query.name} ${query.dimensions}, ${document.name} ${document.dimensions}`,
      repair: "Choose two models that were trained for one space.",
    });
  }
  if (query.space !== document.space) {
    throw new RetrievalError("MODEL_MISMATCH", "the two towers have different embedding spaces", {
      value: `${query.space}, ${document.space}`,
      repair: "Choose two models that were trained for one space.",
    });
  }
  return towers;
}
