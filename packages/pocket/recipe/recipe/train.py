"""Step `train`: stage 1, then stage 2."""

from __future__ import annotations

import numpy as np
import torch

from .config import Config
from .distill import DistillTask
from .encoder import Encoder, load_encoder, save_encoder
from .mine import choose_pairs, encode_by_teacher, mine
from .prepare import Corpus, load_prepared
from .record import RunFolder
from .retrieve import RetrieveTask
from .trainer import Schedule, Trainer, choose_device


def distill(config: Config, run: RunFolder) -> None:
    """Stage 1. Its result is `distill/student.safetensors`."""
    folder, device = run.folder("distill"), choose_device(config.run.device)
    student = load_prepared(run, "start", device)
    if config.distill.enabled:
        corpus = Corpus.load(run.folder("prepare"))
        task = DistillTask(config, corpus, load_prepared(run, "teacher", device).eval())
        stage = config.distill
        trainer = Trainer("stage 1", config, schedule_of(stage), student, task, folder)
        losses = trainer.run()
        run.note("distill", losses=losses.mean(25), micro_batch=trainer.micro_batch)
    save_encoder(student, folder / "student.safetensors")


def retrieve(config: Config, run: RunFolder) -> None:
    """Stage 2. Its results are `retrieve/kept-<step>.safetensors`, the last one among them."""
    folder, device = run.folder("retrieve"), choose_device(config.run.device)
    student = load_encoder(run.folder("distill") / "student.safetensors", device)
    if not config.retrieve.enabled:
        save_encoder(student, folder / "kept-0000000.safetensors")
        return
    task = make_task(config, run, load_prepared(run, "teacher", device).eval(), device)
    stage = config.retrieve
    trainer = Trainer("stage 2", config, schedule_of(stage), student, task, folder)

    def keep(step: int) -> None:
        if step % stage.keep_every == 0 or step == stage.steps:
            save_encoder(student, folder / f"kept-{step:07d}.safetensors")

    losses = trainer.run(keep)
    run.note("retrieve", losses=losses.mean(25), micro_batch=trainer.micro_batch, pairs=len(task.pairs))


def make_task(config: Config, run: RunFolder, teacher: Encoder, device: torch.device) -> RetrieveTask:
    """Encodes the pairs by the teacher and mines negatives, or reads what an earlier try left of that."""
    folder = run.folder("retrieve")
    corpus = Corpus.load(run.folder("prepare"))
    pairs = choose_pairs(corpus, config.retrieve.max_pairs)
    tokens = config.retrieve.tokens
    queries = encode_by_teacher(teacher, corpus.queries, pairs, tokens, folder, "queries")
    passages = encode_by_teacher(teacher, corpus.passages, pairs, tokens, folder, "passages")
    candidates = None
    if config.retrieve.negatives > 0:
        path = folder / "candidates.npy"
        if not path.exists():
            found = mine(config, corpus.passage_number[pairs], queries, passages, device)
            part = path.with_suffix(".part.npy")
            np.save(part, found)
            part.replace(path)
        candidates = np.load(path)
        run.note("retrieve", negatives_per_query=round(float((candidates >= 0).sum(1).mean()), 1))
    return RetrieveTask(config, corpus, pairs, queries, passages, candidates, device)


def schedule_of(stage: object) -> Schedule:
    """Of any section that has these fields."""
    names = ("steps", "learning_rate", "table_factor", "warmup", "micro_batch")
    return Schedule(**{name: getattr(stage, name) for name in names})
