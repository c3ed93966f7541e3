/**
 * `real`: the pocket model over texts. `random`: directions of equal chance. `clustered`: made like vectors of texts, without a
 * model.
 */
export type SetName = "real" | "random" | "clustered";

export const SET_NAMES: readonly SetName[] = ["real", "random", "clustered"];
