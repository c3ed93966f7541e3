"""Step `train`: stage 1 and stage 2. Between them is the step `mine`."""

from __future__ import annotations

from .config import Config
from .distill import DistillTask
from .encoder import Encoder, load_encoder, save_encoder
from .mine import Mined, mine
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
    if not (run.folder("mine") / "mined.npz").exists():
        # Stage 2 was off when that step had its turn.
        mine(config, run)
    task = RetrieveTask(config, Corpus.load(run.folder("prepare")), Mined.load(run.folder("mine")), device)
    stage = config.retrieve
    trainer = Trainer("stage 2", config, schedule_of(stage), student, task, folder)

    def keep(step: int) -> None:
        if step % stage.keep_every == 0 or step == stage.steps:
            save_encoder(student, folder / f"kept-{step:07d}.safetensors")

    losses = trainer.run(keep)
    run.note("retrieve", losses=losses.mean(25), micro_batch=trainer.micro_batch)


def schedule_of(stage: object) -> Schedule:
    """Of any section that has these fields."""
    names = ("steps", "learning_rate", "table_factor", "warmup", "micro_batch")
    return Schedule(**{name: getattr(stage, name) for name in names})
