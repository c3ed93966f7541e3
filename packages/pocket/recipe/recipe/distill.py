"""Stage 1: the student follows the teacher's vectors, token states and similarities, through the deployed arithmetic."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .config import Config
from .draw import draw, generator
from .encoder import Encoder, Encoding
from .prepare import Corpus, calibration
from .tokens import Batch
from .trainer import Lesson

#: Sharpens rows of similarities into distributions.
ROW_TEMPERATURE = 0.05
#: Enough for one number of each layer.
VARIANCE_TEXTS = 32


class DistillTask:
    def __init__(self, config: Config, corpus: Corpus, teacher: Encoder) -> None:
        self.settings, self.corpus, self.teacher = config.distill, corpus, teacher
        self.seed = config.run.seed
        self.variances = _measure_variances(teacher, corpus, self.seed) if self.settings.states > 0 else []
        #: A step has `pairs` queries, then their passages, then lone queries.
        self.pairs = self.settings.pairs

    def lesson(self, step: int) -> Lesson:
        corpus, seed = self.corpus, self.seed
        others = len(corpus.passages) - corpus.wiki
        wiki = round(self.pairs * self.settings.wiki_share) if others > 0 else self.pairs
        wiki = wiki if corpus.wiki > 0 else 0
        at = draw(seed, "distill wiki", step, wiki, corpus.wiki) if wiki else []
        if self.pairs > wiki:
            at += [corpus.wiki + pair for pair in draw(seed, "distill pairs", step, self.pairs - wiki, others)]
        random = generator(seed, "distill crop", step)
        rows = [corpus.queries[pair] for pair in at]
        rows += [crop(corpus.passages[pair], self.settings.crops, random) for pair in at]
        rows += [corpus.lone[query] for query in draw(seed, "distill queries", step, self.settings.queries, len(corpus.lone))]
        # What fits the longest crop is also enough for a query.
        return Lesson(rows, max(self.settings.crops) + 2, {})

    def teach(self, batch: Batch) -> Encoding:
        with torch.no_grad():
            return self.teacher(batch.ids, batch.mask)

    def whole_losses(self, lesson: Lesson, vectors: Tensor, taught: Tensor | None) -> dict[str, Tensor]:
        assert taught is not None
        losses = {"vectors": self.settings.vectors * (1 - (vectors * taught).sum(-1)).mean()}
        if self.settings.rows > 0:
            losses["rows"] = self.settings.rows * self._rows(vectors, taught)
        return losses

    def token_loss(self, lesson: Lesson, batch: Batch, encoding: Encoding, taught: Encoding | None) -> Tensor | None:
        """Squared error of the token states in units of the teacher's variance. Layers that the student lacks are passed over."""
        if self.settings.states == 0 or taught is None or len(encoding.states) != len(taught.states):
            return None
        present = batch.mask.bool()
        total = torch.zeros((), device=present.device)
        for ours, theirs, variance in zip(encoding.states, taught.states, self.variances):
            total = total + (ours[present].float() - theirs[present]).square().sum() / variance
        hidden = encoding.vectors.shape[-1]
        return self.settings.states * total / (lesson.tokens * hidden * len(encoding.states))

    def _rows(self, vectors: Tensor, taught: Tensor) -> Tensor:
        """How far the student's distribution of each query over the step's passages is from the teacher's, at each length."""
        queries, passages = self._sides(vectors)
        their_queries, their_passages = self._sides(taught)
        target = F.log_softmax(their_queries @ their_passages.T / ROW_TEMPERATURE, -1)
        lengths = self.settings.matryoshka
        total = torch.zeros((), device=vectors.device)
        for length in lengths:
            scores = F.normalize(queries[:, :length], dim=-1) @ F.normalize(passages[:, :length], dim=-1).T
            ours = F.log_softmax(scores / ROW_TEMPERATURE, -1)
            total = total + F.kl_div(ours, target, log_target=True, reduction="batchmean")
        return total / len(lengths)

    def _sides(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        pairs = self.pairs
        return torch.cat([vectors[:pairs], vectors[2 * pairs :]]), vectors[pairs : 2 * pairs]


def _measure_variances(teacher: Encoder, corpus: Corpus, seed: int) -> list[float]:
    """The spread of the teacher's states after each layer, once for the whole training: a micro-batch must not have its own."""
    device = next(teacher.parameters()).device
    ids, mask = calibration(corpus, VARIANCE_TEXTS, seed)[0]
    with torch.no_grad():
        states = teacher(ids.to(device), mask.to(device)).states
    return [float(state[mask.to(device).bool()].var()) for state in states]


def crop(row: np.ndarray, lengths: list[int], random: np.random.Generator) -> np.ndarray:
    """A part of one of the lengths; the beginning more often than not, as passages begin with what they are about."""
    length = lengths[int(random.integers(len(lengths)))]
    is_beginning = random.random() < 0.6
    if len(row) <= length:
        return row
    start = 0 if is_beginning else int(random.integers(len(row) - length))
    return row[start : start + length]
