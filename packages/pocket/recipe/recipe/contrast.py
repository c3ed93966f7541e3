"""The losses of stage 2, as functions of vectors."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Group:
    """The vectors of a step: queries and their passages [pairs, hidden], mined negatives [pairs, negatives, hidden]."""

    queries: Tensor
    passages: Tensor
    negatives: Tensor

    def cut(self, length: int) -> Group:
        """Prefixes, of unit length again."""
        return Group(*(F.normalize(part[..., :length], dim=-1) for part in (self.queries, self.passages, self.negatives)))

    def against_passages(self) -> Tensor:
        return self.queries @ self.passages.T

    def against_queries(self) -> Tensor:
        return self.queries @ self.queries.T

    def among_passages(self) -> Tensor:
        return self.passages @ self.passages.T

    def against_negatives(self) -> Tensor:
        return torch.einsum("ph,pnh->pn", self.queries, self.negatives)

    def positives(self) -> Tensor:
        return (self.queries * self.passages).sum(-1)


@dataclass(frozen=True)
class Masks:
    """True where a text counts as a negative: [pairs, pairs] three times, and [pairs, negatives]."""

    passages: Tensor
    queries: Tensor
    among_passages: Tensor
    negatives: Tensor


@dataclass(frozen=True)
class Same:
    """Numbers of texts, equal for equal texts: of queries and passages [pairs], of negatives [pairs, negatives], -1 for none."""

    queries: Tensor
    passages: Tensor
    negatives: Tensor


def make_masks(teacher: Group, same: Same, margin: float | None) -> Masks:
    """Leaves out what is the same text, a passage of the same query, and what the teacher holds for more relevant than the
    positive by more than `margin` (None: the teacher is not asked)."""
    apart = (same.passages[:, None] != same.passages[None]) & (same.queries[:, None] != same.queries[None])
    negatives = (same.negatives >= 0) & (same.negatives != same.passages[:, None])
    if margin is None:
        return Masks(apart, apart, apart, negatives)
    most = teacher.positives()[:, None] + margin
    return Masks(
        apart & (teacher.against_passages() <= most),
        apart & (teacher.against_queries() <= most),
        apart & (teacher.among_passages() <= most),
        negatives & (teacher.against_negatives() <= most),
    )


def info_nce(group: Group, masks: Masks, temperature: float, query_query: bool, passage_passage: bool) -> Tensor:
    """InfoNCE as Qwen3-Embedding has it: one sum over the positive, the mined negatives, the other passages and, where asked for,
    the other queries and the passage's own likeness to other passages."""
    logits = [group.positives()[:, None], _mask(group.against_negatives(), masks.negatives, temperature)]
    logits[0] = logits[0] / temperature
    logits.append(_mask(group.against_passages(), masks.passages, temperature))
    if query_query:
        logits.append(_mask(group.against_queries(), masks.queries, temperature))
    if passage_passage:
        logits.append(_mask(group.among_passages(), masks.among_passages, temperature))
    return (torch.cat(logits, -1).logsumexp(-1) - logits[0][:, 0]).mean()


def triplet(group: Group, masks: Masks, margin: float) -> Tensor:
    """How much closer than `margin`, in cosine, a mined negative comes to the positive. 0 where there is none."""
    excess = F.relu(margin - group.positives()[:, None] + group.against_negatives()) * masks.negatives
    return excess.sum() / masks.negatives.sum().clamp(min=1)


def _mask(scores: Tensor, counts: Tensor, temperature: float) -> Tensor:
    return (scores / temperature).masked_fill(~counts, -torch.inf)
