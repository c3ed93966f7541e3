"""Packs an encoder: one weights file, two graphs that point into it, and the plan by which the loader makes int8 weights."""

from __future__ import annotations

import hashlib
from pathlib import Path

import onnx
from onnx import TensorProto, numpy_helper

from .encoder import Encoder
from .graph import build_graph
from .quantization import BLOCK
from .record import write_json

#: Tensors begin at multiples of so many bytes.
ALIGNMENT = 64
DEVICES = ("webgpu", "wasm")


def pack(encoder: Encoder, folder: Path, name: str) -> dict[str, bytes]:
    """Writes `<name>.bin`, `<name>.<device>.onnx` and `expand.json` into `folder`.

    Gives the int8 weights as `<name>.int8.bin`: never shipped, and what ONNX Runtime needs here to check the WASM graph.
    """
    weights, wide = bytearray(), bytearray()
    places: dict[str, tuple[int, int]] = {}
    plan = []
    for device in DEVICES:
        model, graph = build_graph(encoder, device, name)
        for tensor in model.graph.initializer:
            if tensor.name in graph.shared:
                if tensor.name not in places:
                    places[tensor.name] = _append(weights, tensor)
                _point(tensor, f"{name}.bin", *places[tensor.name])
            elif tensor.name in graph.expanded:
                target, size = _append(wide, tensor)
                _point(tensor, f"{name}.int8.bin", target, size)
                layer = tensor.name.removesuffix(".int8")
                rows, columns = graph.expanded[tensor.name]
                codes, multipliers = places[f"{layer}.codes"][0], places[f"{layer}.multipliers"][0]
                plan.append({"name": layer, "rows": rows, "columns": columns, "codes": codes, "multipliers": multipliers, "target": target})
        onnx.save_model(model, folder / f"{name}.{device}.onnx")
    (folder / f"{name}.bin").write_bytes(weights)
    digest = hashlib.sha256(wide).hexdigest()
    write_json(folder / "expand.json", {"bytes": len(wide), "sha256": digest, "block": BLOCK, "tensors": plan})
    return {f"{name}.int8.bin": bytes(wide)}


def _append(target: bytearray, tensor: TensorProto) -> tuple[int, int]:
    """Gives offset and length."""
    target.extend(bytes(-len(target) % ALIGNMENT))
    raw = numpy_helper.to_array(tensor).tobytes()
    target.extend(raw)
    return len(target) - len(raw), len(raw)


def _point(tensor: TensorProto, location: str, offset: int, length: int) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", str(offset)), ("length", str(length))):
        tensor.external_data.add(key=key, value=value)
