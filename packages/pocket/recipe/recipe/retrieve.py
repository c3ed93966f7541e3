"""Stage 2: queries find their passages among mined ones and those of the step."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .config import Config
from .contrast import Group, Same, info_nce, make_masks, triplet
from .draw import draw, generator
from .encoder import Encoding
from .mine import Mined
from .prepare import Corpus
from .tokens import Batch
from .trainer import Lesson


class RetrieveTask:
    def __init__(self, config: Config, corpus: Corpus, mined: Mined, device: torch.device) -> None:
        self.settings, self.corpus, self.device = config.retrieve, corpus, device
        self.seed, self.tokens = config.retrieve.seed or config.run.seed, config.mine.tokens
        self.pairs, self.queries, self.passages, self.candidates = mined.pairs, mined.queries, mined.passages, mined.candidates
        self.negatives = self.settings.negatives

    def lesson(self, step: int) -> Lesson:
        count = min(self.settings.pairs, len(self.pairs))
        at = np.array(draw(self.seed, "retrieve", step, count, len(self.pairs)))
        mined = self._mined(at, step)
        # A query with too few candidates gets its own passage in their place, which the mask leaves out.
        filled = np.where(mined >= 0, mined, at[:, None])
        corpus, pairs = self.corpus, self.pairs
        rows = [corpus.queries[int(pair)] for pair in pairs[at]]
        rows += [corpus.passages[int(pair)] for pair in pairs[at]]
        rows += [corpus.passages[int(pair)] for pair in pairs[filled.reshape(-1)]]
        number = corpus.passage_number[pairs]
        facts = {
            "queries": torch.from_numpy(corpus.query_number[pairs[at]]),
            "passages": torch.from_numpy(number[at]),
            "negatives": torch.from_numpy(np.where(mined >= 0, number[filled], -1)),
            "taught": torch.cat([self.queries[at], self.passages[at], self.passages[filled.reshape(-1)]]).float(),
        }
        return Lesson(rows, self.tokens, {name: fact.to(self.device) for name, fact in facts.items()})

    def teach(self, batch: Batch) -> None:
        """Its vectors are known already."""

    def whole_losses(self, lesson: Lesson, vectors: Tensor, taught: Tensor | None) -> dict[str, Tensor]:
        settings, facts = self.settings, lesson.facts
        same = Same(facts["queries"], facts["passages"], facts["negatives"])
        teacher, student = self._split(facts["taught"]), self._split(vectors)
        masks = make_masks(teacher, same, settings.mask_margin if settings.mask else None)
        cuts = [student.cut(length) for length in settings.matryoshka]
        nce = [info_nce(cut, masks, settings.temperature, settings.query_query, settings.passage_passage) for cut in cuts]
        losses = {"nce": torch.stack(nce).mean()}
        if settings.triplet > 0 and self.negatives > 0:
            parts = torch.stack([triplet(cut, masks, settings.triplet_margin) for cut in cuts])
            losses["triplet"] = settings.triplet * parts.mean()
        if settings.anchor > 0:
            losses["anchor"] = settings.anchor * (1 - (vectors * facts["taught"]).sum(-1)).mean()
        return losses

    def token_loss(self, lesson: Lesson, batch: Batch, encoding: Encoding, taught: Encoding | None) -> None:
        """Stage 2 leaves the token states free."""

    def _mined(self, at: np.ndarray, step: int) -> np.ndarray:
        """Some of each query's candidates, others in each step: [pairs, negatives], -1 for none."""
        random = generator(self.seed, "negatives", step)
        mined = np.full((len(at), self.negatives), -1, np.int64)
        for row, pair in enumerate(at):
            known = self.candidates[pair]
            known = known[known >= 0]
            taken = random.permutation(known)[: self.negatives]
            mined[row, : len(taken)] = taken
        return mined

    def _split(self, vectors: Tensor) -> Group:
        count = (len(vectors)) // (2 + self.negatives)
        mined = vectors[2 * count :].view(count, self.negatives, vectors.shape[-1])
        return Group(vectors[:count], vectors[count : 2 * count], mined)
