"""A start that is already trained: the document tower of a release, read from the files that are shipped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from .encoder import Encoder, Shape
from .fault import RecipeError
from .quantization import LOWEST_CODE
from .vocabulary import SPECIAL

#: The graph with float activations names every tensor of the weights file.
GRAPH = "pocket.webgpu.onnx"


def read_release(folder: Path, heads: int) -> Encoder:
    """The weights that a release stands for, with the scales and multipliers that it has. `folder` is packages/pocket/model, or
    one like it."""
    try:
        graph = onnx.load(folder / GRAPH).graph
    except (OSError, ValueError) as cause:
        raise RecipeError(f"{folder} has no {GRAPH} with its weights ({cause}).", "Set student.init to packages/pocket/model.") from cause
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    try:
        return _build(tensors, heads)
    except (KeyError, RuntimeError, ValueError) as cause:
        raise RecipeError(f"{folder / GRAPH} is no document tower of this recipe ({cause!r}).", "Take the graph of a release.") from cause


def read_kept(folder: Path, vocabulary: dict[str, int]) -> list[int]:
    """The teacher's ids of a release's tokens, in the release's order."""
    try:
        tokens = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    except (OSError, ValueError, KeyError) as cause:
        raise RecipeError(f"{folder} has no tokenizer.json of a release.", "Set student.init to packages/pocket/model.") from cause
    ordered = sorted(tokens, key=tokens.__getitem__)
    missing = [token for token in ordered if token not in vocabulary]
    if missing or tuple(ordered[: len(SPECIAL)]) != SPECIAL:
        raise RecipeError(f"{folder} has {len(missing)} tokens that the teacher lacks.", "Take a release made from this teacher.")
    return [vocabulary[token] for token in ordered]


def turn(matrix: Tensor) -> Tensor:
    """The rotation nearest to a trained matrix, which need not be one any more: the teacher's vectors must keep their angles."""
    left, _, right = torch.linalg.svd(matrix)
    return left @ right


def _build(tensors: dict[str, np.ndarray], heads: int) -> Encoder:
    codes, positions = tensors["words.codes"], tensors["positions"]
    layers = 1 + max(int(name.split(".")[1]) for name in tensors if name.startswith("layers."))
    intermediate = len(tensors["layers.0.up.bias"])
    encoder = Encoder(Shape(len(codes), layers, len(positions), codes.shape[1], positions.shape[1], heads, intermediate))
    books = tensors["words.codebooks"]
    state = {
        "table.codes": codes,
        "table.codebooks": books.reshape(codes.shape[1], -1, books.shape[1]),
        "positions": positions,
        "norm.gain": tensors["words.norm.gain"],
        "norm.bias": tensors["words.norm.bias"],
        # The graph multiplies from the other side.
        "rotation.weight": tensors["rotation"].T,
        "rotation.bias": tensors["rotation.bias"],
    }
    for name, _ in encoder.linears():
        packed, scale, multiplier = (tensors[f"{name}.{part}"] for part in ("codes", "scales", "multipliers"))
        signed = np.stack([packed & 15, packed >> 4], -1).reshape(*multiplier.shape, -1).astype(np.float32) + LOWEST_CODE
        weight = signed * (multiplier * scale[:, None])[..., None]
        state |= {f"{name}.weight": weight.reshape(len(scale), -1), f"{name}.bias": tensors[f"{name}.bias"]}
        state |= {f"{name}.scale": scale, f"{name}.multiplier": multiplier}
        if f"{name}.smoothing" in tensors:
            state[f"{name}.smoothing"] = 1 / tensors[f"{name}.smoothing"]
    for at in range(layers):
        for norm in ("attention_norm", "output_norm"):
            state |= {f"layers.{at}.{norm}.{part}": tensors[f"layers.{at}.{norm}.{part}"] for part in ("gain", "bias")}
    known = encoder.state_dict()
    given = {name: torch.from_numpy(np.array(array)).to(known[name].dtype) for name, array in state.items()}
    encoder.load_state_dict({**known, **given})
    return encoder
