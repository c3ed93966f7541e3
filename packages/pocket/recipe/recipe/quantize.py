"""Step `quantize`: the numbers of the merged student become those that are shipped, and nothing else is left of them."""

from __future__ import annotations

import torch

from .config import Config
from .encoder import Encoder, load_encoder, save_encoder
from .quantization import FINE_ROW_SHARES, quantize_weight
from .record import RunFolder


def quantize(config: Config, run: RunFolder) -> None:
    """Its result is `quantize/document.safetensors`: scales, multipliers and halves as they are exported."""
    student = load_encoder(run.folder("merge") / "student.safetensors")
    # A merge makes new weights, and floats have no scales yet. Else the weights have settled around those of the training.
    checkpoints = run.record["steps"].get("merge", {}).get("checkpoints", [])
    errors = finish(student, searches=len(checkpoints) != 1 or not config.arithmetic.quantize_weights)
    run.note("quantize", relative_error={"mean": round(sum(errors.values()) / len(errors), 5), "most": round(max(errors.values()), 5)})
    save_encoder(student, run.folder("quantize") / "document.safetensors")


@torch.no_grad()
def finish(encoder: Encoder, searches: bool) -> dict[str, float]:
    """Rounds an encoder to what its files can hold. Gives the relative squared error of each layer's weights."""
    if searches:
        encoder.search_scales(FINE_ROW_SHARES)
    errors = {}
    for name, linear in encoder.linears():
        rounded = quantize_weight(linear.weight, linear.scale, linear.multiplier)
        errors[name] = float(((rounded - linear.weight) ** 2).sum() / (linear.weight**2).sum())
        linear.weight.copy_(rounded)
    for layer in encoder.layers:
        _fold_smoothing(layer.qkv, layer.attention_out, encoder.shape.hidden)
    for tensor in (encoder.table.codebooks, encoder.positions, encoder.rotation.weight):
        tensor.copy_(tensor.half().float())
    return errors


def _fold_smoothing(qkv: torch.nn.Module, attention_out: torch.nn.Module, hidden: int) -> None:
    """What attention gives out is linear in the values: dividing these by the smoothing saves the graph an operator."""
    values = slice(2 * hidden, 3 * hidden)
    qkv.weight[values] /= attention_out.smoothing[:, None]
    qkv.bias[values] /= attention_out.smoothing
    qkv.scale[values] /= attention_out.smoothing
    attention_out.smoothing.fill_(1)
