"""Killed runs, too little memory, no GPU: the same curve, the same result, or a word about it."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from recipe.config import Config, make_config
from recipe.distill import DistillTask
from recipe.fault import RecipeError
from recipe.mine import Mined, mine
from recipe.prepare import Corpus, load_prepared, prepare
from recipe.record import RunFolder
from recipe.retrieve import RetrieveTask
from recipe.train import schedule_of
from recipe.trainer import Task, Trainer, choose_device

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def prepared(world: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    from conftest import tables

    run = RunFolder(tmp_path_factory.mktemp("prepared"))
    for step in (prepare, mine):
        step(make_config(tables(world)), run)
    return run


def make_trainer(config: Config, run: RunFolder, stage: str, folder: Path, micro_batch: int = 64) -> Trainer:
    folder.mkdir(exist_ok=True)
    teacher = load_prepared(run, "teacher", CPU).eval()
    task: Task
    if stage == "distill":
        task = DistillTask(config, Corpus.load(run.folder("prepare")), teacher)
    else:
        task = RetrieveTask(config, Corpus.load(run.folder("prepare")), Mined.load(run.folder("mine")), CPU)
    schedule = replace(schedule_of(getattr(config, stage)), micro_batch=micro_batch)
    return Trainer(stage, config, schedule, load_prepared(run, "start", CPU), task, folder)


@pytest.mark.parametrize("stage", ["distill", "retrieve"])
def test_a_run_that_ended_early_goes_on_to_the_same_curve(config: Config, prepared: RunFolder, tmp_path: Path, stage: str) -> None:
    whole = make_trainer(config, prepared, stage, tmp_path / "whole").run().rows
    # One step after the checkpoint of step 4: that step's losses are on disk, its weights are not.
    make_trainer(config, prepared, stage, tmp_path / "parts").run(until=5)
    again = make_trainer(config, prepared, stage, tmp_path / "parts").run().rows
    assert again == whole
    assert json.loads((tmp_path / "parts/losses.json").read_text()).keys() == whole[0].keys()


@pytest.mark.parametrize("stage", ["distill", "retrieve"])
def test_smaller_micro_batches_give_the_same_result(config: Config, prepared: RunFolder, tmp_path: Path, stage: str) -> None:
    runs = {size: make_trainer(config, prepared, stage, tmp_path / str(size), size) for size in (64, 3)}
    curves = {size: trainer.run(until=3).rows for size, trainer in runs.items()}
    for ours, theirs in zip(curves[64], curves[3], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3, abs=1e-5)
    first, second = (make_trainer(config, prepared, stage, tmp_path / f"gradients {size}", size) for size in (64, 3))
    for trainer in (first, second):
        trainer._accumulate(trainer.task.lesson(0), int8=False)
    for (name, ours), theirs in zip(first.encoder.named_parameters(), second.encoder.parameters(), strict=True):
        assert torch.allclose(ours.grad, theirs.grad, atol=1e-5, rtol=1e-3), name


def test_too_little_memory_halves_the_micro_batch_and_changes_no_loss(
    config: Config, prepared: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    plain = make_trainer(config, prepared, "distill", tmp_path / "plain")
    scarce = make_trainer(config, prepared, "distill", tmp_path / "scarce")
    encode = scarce.encoder.forward

    def forward(ids: torch.Tensor, mask: torch.Tensor, int8: bool = False):
        if len(ids) > 4:
            raise torch.OutOfMemoryError("out of memory")
        return encode(ids, mask, int8)

    scarce.encoder.forward = forward
    assert scarce.step(0) == pytest.approx(plain.step(0), rel=1e-4)
    assert scarce.micro_batch == 4
    assert "too little memory: micro-batches of 4" in capsys.readouterr().out


def test_memory_that_is_not_enough_for_one_text_is_told(config: Config, prepared: RunFolder, tmp_path: Path) -> None:
    trainer = make_trainer(config, prepared, "distill", tmp_path / "none")

    def forward(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    trainer.encoder.forward = forward
    with pytest.raises(RecipeError, match="one text does not fit"):
        trainer.step(0)


def test_an_error_that_is_not_about_memory_is_not_hidden(config: Config, prepared: RunFolder, tmp_path: Path) -> None:
    trainer = make_trainer(config, prepared, "distill", tmp_path / "error")

    def forward(*_: object) -> None:
        raise RuntimeError("shapes do not fit")

    trainer.encoder.forward = forward
    with pytest.raises(RuntimeError, match="shapes"):
        trainer.step(0)


def test_without_a_gpu_auto_takes_the_cpu_and_cuda_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == CPU
    with pytest.raises(RecipeError, match="no GPU"):
        choose_device("cuda")


@pytest.mark.parametrize(("stage", "loss"), [("distill", "vectors"), ("retrieve", "nce")])
def test_training_lowers_the_loss(settings: dict, prepared: RunFolder, tmp_path: Path, stage: str, loss: str) -> None:
    settings[stage] |= {"steps": 50, "pairs": 12, "learning_rate": 2e-3}
    settings["run"]["checkpoint_every"] = 1000
    rows = make_trainer(make_config(settings), prepared, stage, tmp_path / "longer").run().rows
    first, last = (sum(row[loss] for row in part) for part in (rows[:8], rows[-8:]))
    assert last < 0.8 * first


def test_mined_negatives_are_near_but_not_right(config: Config, prepared: RunFolder) -> None:
    mined = Mined.load(prepared.folder("mine"))
    queries, passages = mined.queries.float(), mined.passages.float()
    assert (mined.candidates >= 0).any()
    for row, candidates in enumerate(mined.candidates):
        for at in candidates[candidates >= 0]:
            assert at != row
            assert queries[row] @ passages[at] <= config.mine.most_share * (queries[row] @ passages[row]) + 1e-3


def test_a_killed_process_goes_on_to_the_same_curve(settings: dict, tmp_path: Path) -> None:
    """The real thing: SIGKILL in the middle of stage 1, and the same command again."""
    settings["distill"] |= {"steps": 60}
    settings["retrieve"]["enabled"] = False
    path = tmp_path / "tiny.toml"
    path.write_text("\n".join(f"[{name}]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items()) for name, values in settings.items()))

    def start(folder: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "recipe", "all", "--config", str(path), "--run", str(tmp_path / folder)]
        return subprocess.Popen(command, cwd=Path(__file__).parents[1], env={**os.environ, "OMP_NUM_THREADS": "1"})

    def losses(folder: str) -> list[str]:
        file = tmp_path / folder / "distill" / "losses.jsonl"
        return file.read_text().splitlines() if file.exists() else []

    killed = start("killed")
    while len(losses("killed")) < 10:
        assert killed.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert 10 <= len(losses("killed")) < 60
    assert start("killed").wait() == 0
    assert start("whole").wait() == 0
    assert len(losses("whole")) == 60
    assert losses("killed") == losses("whole")
    weights = [(tmp_path / folder / "export/model/pocket.bin").read_bytes() for folder in ("killed", "whole")]
    assert weights[0] == weights[1]
