"""Step `merge`: checkpoints of stage 2 become one, by spherical interpolation of each tensor."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor

from .config import Config
from .encoder import Encoder, load_encoder, save_encoder
from .evaluate import prepare_tower, score_sets
from .fault import RecipeError
from .record import RunFolder
from .trainer import choose_device
from .vocabulary import open_tokenizer

#: Tensors of nearly the same direction are averaged: the angle between them is too small to divide by its sine.
NEARLY_PARALLEL = 0.9995


def merge(config: Config, run: RunFolder) -> None:
    """Its result is `merge/student.safetensors`."""
    paths = sorted(run.folder("retrieve").glob("kept-*.safetensors"))
    if not paths:
        raise RecipeError("There is no checkpoint to merge.", "Run the step train.")
    chosen = _choose(config, run, paths) if config.merge.enabled else paths[-1:]
    merged = load_encoder(chosen[0])
    for place, path in enumerate(chosen[1:], start=2):
        # 1/2, then 1/3 of the next: all checkpoints count the same.
        blend(merged, load_encoder(path), 1 / place)
    run.note("merge", checkpoints=[path.stem for path in chosen])
    save_encoder(merged, run.folder("merge") / "student.safetensors")


def blend(ours: Encoder, other: Encoder, share: float) -> None:
    """Moves `ours` towards `other`. Both must come from one start: the same word codes and the same smoothing."""
    theirs = dict(other.named_parameters())
    for name, buffer in ours.named_buffers():
        if name.endswith(("codes", "smoothing")) and not torch.equal(buffer, other.get_buffer(name)):
            raise RecipeError(f"{name} of two checkpoints differs.", "Merge checkpoints of one run.")
    with torch.no_grad():
        for name, parameter in ours.named_parameters():
            parameter.copy_(slerp(parameter, theirs[name], share))


def slerp(a: Tensor, b: Tensor, share: float) -> Tensor:
    """Along the arc from `a` (share 0) to `b` (share 1)."""
    lengths = a.norm() * b.norm()
    cosine = float((a * b).sum() / lengths) if lengths > 0 else 1.0
    if abs(cosine) > NEARLY_PARALLEL:
        return a + share * (b - a)
    angle = math.acos(cosine)
    return (math.sin((1 - share) * angle) * a + math.sin(share * angle) * b) / math.sin(angle)


def _choose(config: Config, run: RunFolder, paths: list[Path]) -> list[Path]:
    """The best on the tuning sets, or the last ones."""
    if config.merge.by == "last" or len(paths) <= config.merge.count:
        return paths[-config.merge.count :]
    tokenizer = open_tokenizer((run.folder("prepare") / "tokenizer.json").read_text(encoding="utf-8"))
    device = choose_device(config.run.device)
    scores: dict[str, float] = {}
    for path in paths:
        encoder = load_encoder(path, device).eval()
        encoder.set_quantized(config.arithmetic.quantize_weights)
        if config.arithmetic.quantize_weights:
            prepare_tower(config, encoder)
        sets = score_sets(config, encoder, encoder, tokenizer, config.evaluate.tuning, [encoder.shape.hidden])
        scores[path.stem] = sum(row[str(encoder.shape.hidden)] for row in sets.values()) / len(sets)
        run.note("merge", tuning=scores)
    # A checkpoint of equal score: the later one.
    return sorted(paths, key=lambda path: (scores[path.stem], path.stem), reverse=True)[: config.merge.count]
