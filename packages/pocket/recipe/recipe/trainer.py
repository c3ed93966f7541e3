"""The training loop: seeded, resumable, and the same whatever fits into memory at a time.

A loss over a whole batch (similarities of all with all) is taken in micro-batches by gradient caching: all vectors are computed
first, then the loss and its gradient at each vector, and then each micro-batch is computed again and gets its gradients from those.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from .config import Config
from .draw import has_turn
from .encoder import Encoder, Encoding
from .fault import RecipeError
from .record import Losses, Progress
from .tokens import Batch, make_batch, split_by_length

#: The learning rate falls along a cosine to this share.
LAST_RATE = 0.03
#: Texts that a CPU pads together: fewer waste less on padding. A GPU takes all that fit, and loses less by that than by starting often.
PADDED_ON_CPU = 16
GREATEST_GRADIENT = 2.0
#: Scales rest for the last part, so that the weights can settle between their steps.
SEARCH_UNTIL = 0.75
TABLE = "table."


@dataclass(frozen=True)
class Schedule:
    """The part of a stage's configuration that the loop needs."""

    steps: int
    learning_rate: float
    table_factor: float
    warmup: int
    micro_batch: int


@dataclass
class Lesson:
    """The texts of one step, as token ids, and whatever else its task needs."""

    rows: list[np.ndarray]
    max_tokens: int
    facts: dict[str, Tensor]
    #: Tokens of all rows with their special tokens: what a mean over tokens is divided by.
    tokens: int = 0


class Task(Protocol):
    def lesson(self, step: int) -> Lesson:
        """A function of the step alone."""
        ...

    def teach(self, batch: Batch) -> Encoding | None:
        """What the teacher says of a micro-batch, if it has to be asked."""
        ...

    def whole_losses(self, lesson: Lesson, vectors: Tensor, taught: Tensor | None) -> dict[str, Tensor]:
        """Weighted losses over the vectors of the whole step, in the order of the rows."""
        ...

    def token_loss(self, lesson: Lesson, batch: Batch, encoding: Encoding, taught: Encoding | None) -> Tensor | None:
        """A weighted loss that adds up over micro-batches to that of the step."""
        ...


class Trainer:
    def __init__(self, name: str, config: Config, schedule: Schedule, encoder: Encoder, task: Task, folder: Path) -> None:
        self.name, self.config, self.schedule, self.task, self.folder = name, config, schedule, task, folder
        self.encoder = encoder
        self.device = next(encoder.parameters()).device
        self.micro_batch = schedule.micro_batch
        self.optimizer = make_optimizer(encoder, schedule)
        encoder.set_quantized(config.arithmetic.quantize_weights)

    def run(self, after_step: Callable[[int], None] = lambda step: None, until: int | None = None) -> Losses:
        """Trains from the last checkpoint on. `until` ends earlier, as if the run had been killed there."""
        start = self._resume()
        losses = Losses(self.folder, start)
        progress = Progress(self.name, self.schedule.steps, start, lambda line: print(line, flush=True))
        for step in range(start, min(self.schedule.steps, until or self.schedule.steps)):
            begun = time.monotonic()
            losses.add(self.step(step))
            after_step(step + 1)
            if (step + 1) % self.config.run.checkpoint_every == 0 or step + 1 == self.schedule.steps:
                self._save(step + 1)
            mean = "  ".join(f"{name} {value:.4f}" for name, value in losses.mean(25).items())
            progress.tell(step + 1, f"{mean}  {time.monotonic() - begun:.2f} s a step")
        losses.plot(self.name)
        return losses

    def step(self, step: int) -> dict[str, float]:
        """One step of the optimizer. Too little memory halves the micro-batch, for good."""
        lesson = self.task.lesson(step)
        while True:
            self.optimizer.zero_grad(set_to_none=True)
            try:
                with self.encoder.hold_weights():
                    losses = self._accumulate(lesson, has_turn(step, self.config.arithmetic.int8_share))
                break
            except (RuntimeError, MemoryError) as cause:
                self._shrink(cause)
        nn.utils.clip_grad_norm_(self.encoder.parameters(), GREATEST_GRADIENT)
        share = learning_share(step, self.schedule)
        for group in self.optimizer.param_groups:
            group["lr"] = group["rate"] * share
        self.optimizer.step()
        every = self.config.arithmetic.search_every
        if self.config.arithmetic.quantize_weights and step % every == every - 1 and step < SEARCH_UNTIL * self.schedule.steps:
            self.encoder.search_scales()
        if not math.isfinite(sum(losses.values())):
            raise RecipeError(f"{self.name}: the loss of step {step} is no number.", "Lower the learning rate.")
        return losses

    def _accumulate(self, lesson: Lesson, int8: bool) -> dict[str, float]:
        padded = PADDED_ON_CPU if self.device.type == "cpu" else self.micro_batch
        groups = split_by_length(lesson.rows, min(padded, self.micro_batch))
        batches = [make_batch([lesson.rows[at] for at in group], lesson.max_tokens).to(self.device) for group in groups]
        lesson.tokens = sum(int(batch.mask.sum()) for batch in batches)
        with half(self.config, self.device):
            taught = [self.task.teach(batch) for batch in batches]
        # All graphs are kept where all texts fit into memory; else each batch is computed twice.
        is_whole = len(lesson.rows) <= self.micro_batch
        with torch.set_grad_enabled(is_whole):
            encodings = [self._encode(batch, int8) for batch in batches]
        order = torch.tensor([at for group in groups for at in group], device=self.device).argsort()
        vectors = torch.cat([encoding.vectors.detach() for encoding in encodings])[order].requires_grad_()
        known = [encoding.vectors for encoding in taught if encoding is not None]
        parts = self.task.whole_losses(lesson, vectors, torch.cat(known)[order] if known else None)
        torch.stack(list(parts.values())).sum().backward()
        gradients = vectors.grad
        assert gradients is not None
        losses = {name: float(part.detach()) for name, part in parts.items()}
        for group, batch, known_here, encoding in zip(groups, batches, taught, encodings):
            ours = encoding if is_whole else self._encode(batch, int8)
            objective = (ours.vectors * gradients[group]).sum()
            states = self.task.token_loss(lesson, batch, ours, known_here)
            if states is not None:
                objective = objective + states
                losses["states"] = losses.get("states", 0.0) + float(states.detach())
            objective.backward()
        return losses

    def _encode(self, batch: Batch, int8: bool) -> Encoding:
        with half(self.config, self.device):
            return self.encoder(batch.ids, batch.mask, int8)

    def _shrink(self, cause: Exception) -> None:
        if not is_out_of_memory(cause):
            raise cause
        if self.micro_batch == 1:
            raise RecipeError(f"{self.name}: one text does not fit into memory.", "Lower data.max_tokens.") from cause
        self.micro_batch = max(1, self.micro_batch // 2)
        print(f"{self.name}  too little memory: micro-batches of {self.micro_batch} from now on, with the same result", flush=True)
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def _save(self, step: int) -> None:
        part = self.folder / "checkpoint.part"
        state = {"step": step, "encoder": self.encoder.state_dict(), "optimizer": self.optimizer.state_dict()}
        torch.save(state, part)
        part.replace(self.folder / "checkpoint.pt")

    def _resume(self) -> int:
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return 0
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.encoder.load_state_dict(state["encoder"])
        self.optimizer.load_state_dict(state["optimizer"])
        print(f"{self.name}  goes on after step {state['step']}", flush=True)
        return int(state["step"])


def make_optimizer(encoder: Encoder, schedule: Schedule) -> torch.optim.AdamW:
    """AdamW without decay. Codebooks of the word table learn faster: each entry is seen seldom."""
    named = list(encoder.named_parameters())
    table = [parameter for name, parameter in named if name.startswith(TABLE)]
    rest = [parameter for name, parameter in named if not name.startswith(TABLE)]
    groups = [
        {"params": table, "rate": schedule.learning_rate * schedule.table_factor},
        {"params": rest, "rate": schedule.learning_rate},
    ]
    return torch.optim.AdamW(groups, lr=schedule.learning_rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)


def learning_share(step: int, schedule: Schedule) -> float:
    """Rises over the first steps, then falls along a cosine."""
    rise = min(1.0, (step + 1) / max(1, schedule.warmup))
    fall = 0.5 * (1 + math.cos(math.pi * step / schedule.steps))
    return rise * (fall * (1 - LAST_RATE) + LAST_RATE)


def is_out_of_memory(cause: Exception) -> bool:
    """PyTorch has a class for a GPU's memory, and only words for the machine's own."""
    words = str(cause).lower()
    return isinstance(cause, (torch.OutOfMemoryError, MemoryError)) or "can't allocate memory" in words or "not enough memory" in words


def half(config: Config, device: torch.device) -> torch.autocast:
    """Products in bfloat16, where the configuration says so."""
    return torch.autocast(device.type, torch.bfloat16, enabled=config.run.precision == "bfloat16")


def choose_device(wanted: str) -> torch.device:
    """ "auto" is a GPU where there is one."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise RecipeError("There is no GPU that PyTorch can use.", "Set run.device to auto or cpu.")
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")
