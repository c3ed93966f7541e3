"""Rounds the weights of a start so that what a layer gives out stays near, and not the weights alone.

The error of rounding a column is made good by the columns that are not rounded yet, as far as the inputs of the layer allow it:
GPTQ (Frantar et al., arXiv 2210.17323), with the two levels of scales held.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .encoder import Encoder
from .quantization import BLOCK, QuantizedLinear, round_codes

#: Share of the mean of the diagonal that is added to it: inputs that hardly occur must not be trusted.
DAMPING = 0.01


@torch.no_grad()
def compensate(student: Encoder, batches: list[tuple[Tensor, Tensor]]) -> None:
    """Moves the weights onto their steps. Scales must have been searched before."""
    student.set_quantized(False)
    likeness = measure_inputs(student, batches)
    for name, linear in student.linears():
        linear.weight.copy_(round_columns(linear.weight, linear.scale, linear.multiplier, likeness[name]))


def measure_inputs(student: Encoder, batches: list[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """For each linear layer the products of its input channels, summed over all tokens that are there: [inputs, inputs]."""
    sums: dict[str, Tensor] = {}
    present = torch.zeros(0, dtype=torch.bool)

    def watch(name: str):
        def hook(linear: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            assert isinstance(linear, QuantizedLinear)
            seen = inputs[0][present] / linear.smoothing
            sums[name] = sums[name] + seen.T @ seen if name in sums else seen.T @ seen

        return hook

    hooks = [linear.register_forward_pre_hook(watch(name)) for name, linear in student.linears()]
    try:
        for ids, mask in batches:
            ids, mask = ids[:, : student.shape.positions], mask[:, : student.shape.positions]
            present = mask.bool()
            student(ids, mask)
    finally:
        for hook in hooks:
            hook.remove()
    return sums


def round_columns(weight: Tensor, scale: Tensor, multiplier: Tensor, likeness: Tensor) -> Tensor:
    """A weight [rows, columns] on its steps, near in what it gives for inputs of such `likeness`."""
    columns = weight.shape[1]
    damping = DAMPING * likeness.diagonal().mean().clamp(min=1e-9)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky((likeness + damping * torch.eye(columns)).double()))
    upper = torch.linalg.cholesky(inverse, upper=True).float()
    left, rounded = weight.clone(), torch.empty_like(weight)
    for start in range(0, columns, BLOCK):
        block = slice(start, start + BLOCK)
        step = (multiplier[:, start // BLOCK] * scale)[:, None]
        errors = torch.empty(len(weight), BLOCK)
        for at in range(start, start + BLOCK):
            column = left[:, at : at + 1]
            rounded[:, at : at + 1] = round_codes(column, step) * step
            error = (column - rounded[:, at : at + 1]) / upper[at, at]
            left[:, at : start + BLOCK] -= error * upper[at, at : start + BLOCK]
            errors[:, at - start] = error[:, 0]
        left[:, start + BLOCK :] -= errors @ upper[block, start + BLOCK :]
    return rounded
