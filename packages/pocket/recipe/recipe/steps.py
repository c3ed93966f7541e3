"""The steps in their order, and when one has to be done again."""

from __future__ import annotations

import dataclasses
import os
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch

from . import __version__
from .config import Config
from .evaluate import evaluate
from .export import REFERENCE_TEXTS, export
from .fault import RecipeError
from .merge import merge
from .mine import mine
from .prepare import prepare
from .quantize import quantize
from .record import RunFolder
from .rows import PAIRS, QUERIES, WIKI
from .teacher import find_weights
from .tower import tower
from .train import distill, retrieve


@dataclass(frozen=True)
class Step:
    name: str
    #: Sections of the configuration that its result depends on, besides what the steps before it depend on.
    sections: tuple[str, ...]
    run: Callable[[Config, RunFolder], None]
    #: Goes on with what an unfinished try left. Others begin anew.
    resumes: bool = False


STEPS = (
    Step("prepare", ("data", "teacher", "student", "arithmetic"), prepare),
    Step("distill", ("distill",), distill, resumes=True),
    Step("mine", ("mine",), mine, resumes=True),
    Step("retrieve", ("retrieve",), retrieve, resumes=True),
    Step("merge", ("merge",), merge),
    Step("quantize", (), quantize),
    Step("tower", ("tower",), tower, resumes=True),
    Step("export", ("limits", "release"), export),
    Step("evaluate", ("evaluate",), evaluate),
)
#: `train` is both stages, and the mining between them.
TRAIN = ("distill", "mine", "retrieve")
#: What the command line calls a step.
COMMANDS = {"train": TRAIN, **{step.name: (step.name,) for step in STEPS if step.name not in TRAIN}}


def run_steps(config: Config, run: RunFolder, names: tuple[str, ...]) -> None:
    """Does the named steps that are not done yet. Refuses where an earlier one is missing."""
    set_up(config)
    run.describe(dataclasses.asdict(config))
    for step, key in keys(config):
        if run.is_done(step.name, key):
            if step.name in names:
                print(f"{step.name}  done already", flush=True)
            continue
        if step.name not in names:
            if any(STEPS.index(step) < _place(name) for name in names):
                raise RecipeError(f"The step {step.name} was not done with this configuration.", "Run it first, or run all.")
            continue
        if not run.begin(step.name, key) or not step.resumes:
            shutil.rmtree(run.folder(step.name))
        begun = time.monotonic()
        step.run(config, run)
        run.finish(step.name, key, time.monotonic() - begun)


def keys(config: Config) -> list[tuple[Step, str]]:
    """Each step with a hash of all that its result depends on."""
    key = sha256(f"{__version__} {config.run.seed} {config.run.precision} {data_digest(config)}".encode()).hexdigest()
    result = []
    for step in STEPS:
        key = sha256(f"{key} {step.name} {config.digest(*step.sections)}".encode()).hexdigest()[:16]
        result.append((step, key))
    return result


def data_digest(config: Config) -> str:
    """A hash of the training files, the teacher's weights and the reference texts, by their bytes."""
    train = Path(config.data.train)
    paths = [path for layout in (WIKI, PAIRS, QUERIES) for path in (train / f"{layout.file}.xz", train / layout.file)]
    paths += sorted(Path(config.student.init).iterdir()) if config.student.init else []
    paths += [find_weights(Path(config.teacher.folder)), REFERENCE_TEXTS, *sorted(Path(config.data.evaluation).glob("*/*.jsonl"))]
    digest = sha256()
    for path in paths:
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def set_up(config: Config) -> None:
    """Seeds and threads. On one processor a run gives the same numbers each time; on a GPU nearly the same."""
    if config.run.threads > 0:
        torch.set_num_threads(config.run.threads)
    random.seed(config.run.seed)
    np.random.seed(config.run.seed)
    torch.manual_seed(config.run.seed)


def share_steps(config: Config, source: RunFolder, target: RunFolder) -> None:
    """Takes over, by hard links, the first steps that another run has done with the same key."""
    for step, key in keys(config):
        if not source.is_done(step.name, key):
            return
        if not target.is_done(step.name, key):
            shutil.rmtree(target.folder(step.name))
            shutil.copytree(source.folder(step.name), target.folder(step.name), copy_function=os.link, dirs_exist_ok=True)
            target.note(step.name, **source.record["steps"][step.name])


def _place(name: str) -> int:
    return next(place for place, step in enumerate(STEPS) if step.name == name)
