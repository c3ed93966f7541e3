"""Step `tower`: a small query encoder whose vectors meet the document tower's, after LEAF: squared distance and nothing else."""

from __future__ import annotations

import torch
from torch import Tensor

from .cluster import fit_table
from .config import Config
from .draw import draw
from .encoder import Encoder, Encoding, load_encoder, save_encoder
from .prepare import Corpus, copy_encoder, load_prepared
from .quantize import finish
from .record import RunFolder
from .tokens import Batch
from .train import schedule_of
from .trainer import Lesson, Trainer, choose_device


class TowerTask:
    """Queries only: those of the pairs and those without a passage."""

    def __init__(self, config: Config, corpus: Corpus, document: Encoder) -> None:
        self.settings, self.corpus, self.document, self.seed = config.tower, corpus, document, config.run.seed

    def lesson(self, step: int) -> Lesson:
        corpus = self.corpus
        at = draw(self.seed, "tower", step, self.settings.queries, len(corpus.lone) + len(corpus.queries))
        rows = [corpus.lone[row] if row < len(corpus.lone) else corpus.queries[row - len(corpus.lone)] for row in at]
        return Lesson(rows, self.settings.positions, {})

    def teach(self, batch: Batch) -> Encoding:
        with torch.no_grad():
            return self.document(batch.ids, batch.mask)

    def whole_losses(self, lesson: Lesson, vectors: Tensor, taught: Tensor | None) -> dict[str, Tensor]:
        assert taught is not None
        return {"distance": (vectors - taught).square().sum(-1).mean()}

    def token_loss(self, lesson: Lesson, batch: Batch, encoding: Encoding, taught: Encoding | None) -> None:
        """The layers are not the same ones: their states have nothing to do with each other."""


def tower(config: Config, run: RunFolder) -> None:
    """Its result is `tower/query.safetensors`, ready for export."""
    if not config.tower.enabled:
        return
    folder, device = run.folder("tower"), choose_device(config.run.device)
    corpus = Corpus.load(run.folder("prepare"))
    document = load_encoder(run.folder("quantize") / "document.safetensors", device).eval().requires_grad_(False)
    document.set_quantized(True)
    query = _start(config, run, corpus).to(device)
    trainer = Trainer("query tower", config, schedule_of(config.tower), query, TowerTask(config, corpus, document), folder)
    losses = trainer.run()
    errors = finish(query, searches=not config.arithmetic.quantize_weights)
    run.note("tower", losses=losses.mean(25), relative_error=round(max(errors.values()), 5))
    save_encoder(query, folder / "query.safetensors")


def _start(config: Config, run: RunFolder, corpus: Corpus) -> Encoder:
    """Layers of the merged document tower, over a coarser table of the teacher's words."""
    settings = config.tower
    query = copy_encoder(load_encoder(run.folder("merge") / "student.safetensors"), settings.layers, settings.groups, settings.positions)
    teacher = load_prepared(run, "teacher", torch.device("cpu"))
    fit_table(query.table, teacher.table.words.detach(), corpus.counts, config.student.cluster_rounds, config.run.seed)
    query.search_scales()
    return query
