"""The arithmetic that is deployed, in PyTorch.

Weights: int4 in two levels, weight = (code - 8) * multiplier * scale: one signed integer multiplier of at most 15 for a block of
32 weights, and one float scale for a row. Activations of the WASM graph: int8, one scale for a token.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BLOCK = 32
LOWEST_CODE, HIGHEST_CODE = -8, 7
MAX_MULTIPLIER = 15
#: Scales of a row are tried at these shares of its greatest block. Smaller ones clip a little and round everything else better.
ROW_SHARES = (1.0, 0.93, 0.86)
FINE_ROW_SHARES = tuple(1 - 0.02 * step for step in range(13))
#: A block's multiplier is rounded up less often than not: clipping one weight costs less than a coarser step for 31.
ROUND_UP_FROM = 0.35


def search_levels(weight: Tensor, shares: tuple[float, ...] = ROW_SHARES) -> tuple[Tensor, Tensor]:
    """The row scales [rows] and block multipliers [rows, blocks] of least squared error among those tried."""
    blocks = weight.reshape(weight.shape[0], -1, BLOCK)
    peaks = blocks.gather(-1, blocks.abs().argmax(-1, keepdim=True))[..., 0] / LOWEST_CODE
    size, sign = peaks.abs(), torch.where(peaks < 0, -1.0, 1.0)
    greatest = size.max(1).values.clamp(min=1e-12)
    best_error = torch.full_like(greatest, torch.inf)
    best_scale = torch.zeros_like(greatest)
    best_multiplier = torch.zeros_like(size)
    for share in shares:
        scale = greatest * share / MAX_MULTIPLIER
        multiplier = (size / scale[:, None] - ROUND_UP_FROM).ceil().clamp(1, MAX_MULTIPLIER) * sign
        step = (multiplier * scale[:, None])[..., None]
        error = ((round_codes(blocks, step) * step - blocks) ** 2).sum((1, 2))
        better = error < best_error
        best_error = torch.where(better, error, best_error)
        best_scale = torch.where(better, scale, best_scale)
        best_multiplier = torch.where(better[:, None], multiplier, best_multiplier)
    return best_scale, best_multiplier


def round_codes(blocks: Tensor, step: Tensor) -> Tensor:
    return (blocks / step).round().clamp(LOWEST_CODE, HIGHEST_CODE)


def quantize_weight(weight: Tensor, scale: Tensor, multiplier: Tensor) -> Tensor:
    """The weight that the codes stand for. Gradients pass straight through, except where a weight is clipped."""
    blocks = weight.reshape(weight.shape[0], -1, BLOCK)
    step = (multiplier * scale[:, None])[..., None]
    with torch.no_grad():
        code = (blocks / step).round()
        inside = (code >= LOWEST_CODE) & (code <= HIGHEST_CODE)
        rounded = code.clamp(LOWEST_CODE, HIGHEST_CODE) * step
    return (rounded + (blocks - blocks.detach()) * inside).view_as(weight)


def round_activations(x: Tensor) -> Tensor:
    """int8 with one scale for the last dimension. Gradients pass straight through."""
    with torch.no_grad():
        scale = x.abs().amax(-1, keepdim=True).clamp(min=1e-9) / 127
        rounded = (x / scale).round() * scale
    return rounded + (x - x.detach())


class QuantizedLinear(nn.Module):
    """A linear layer that can compute as it is deployed.

    `smoothing` divides the input's channels; the weight is kept multiplied by it, so that the product stays what it was.
    """

    scale: Tensor
    multiplier: Tensor
    smoothing: Tensor

    def __init__(self, outputs: int, inputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("scale", torch.ones(outputs))
        self.register_buffer("multiplier", torch.ones(outputs, inputs // BLOCK))
        self.register_buffer("smoothing", torch.ones(inputs))
        self.is_quantized = False
        self._held: Tensor | None = None
        self._inside: Tensor | None = None
        self._integers: Tensor | None = None

    def hold(self) -> None:
        """Rounds the weight once for all that is computed until `let_go`."""
        with torch.no_grad():
            blocks = self.weight.reshape(self.weight.shape[0], -1, BLOCK)
            step = (self.multiplier * self.scale[:, None])[..., None]
            code = (blocks / step).round_()
            clamped = code.clamp(LOWEST_CODE, HIGHEST_CODE)
            self._inside = (clamped == code).view_as(self.weight)
            self._held = clamped.mul_(step).view_as(self.weight).requires_grad_()

    def let_go(self) -> None:
        """Hands the gradient through to the weight, except where it is clipped: as `quantize_weight` does."""
        if self._held is not None and self._held.grad is not None:
            self.weight.grad = self._held.grad * self._inside
        self._held = self._inside = None

    def search(self, shares: tuple[float, ...] = ROW_SHARES) -> None:
        scale, multiplier = search_levels(self.weight.detach(), shares)
        self.scale.copy_(scale)
        self.multiplier.copy_(multiplier)

    def smooth(self, greatest: Tensor, strength: float) -> None:
        """Moves the channels' range from the activations to the weights. `greatest`: max |x| of each channel, [inputs]."""
        weight = self.weight.detach() / self.smoothing
        ours = weight.abs().amax(0).clamp(min=1e-6)
        factor = greatest.clamp(min=1e-6) ** strength / ours ** (1 - strength)
        # Only the ratios matter: every token and every row has a scale of its own.
        factor = (factor / factor.log().mean().exp()).clamp(1 / 64, 64)
        self.smoothing.copy_(factor)
        self.weight.data.copy_(weight * factor)

    def use_integers(self) -> None:
        """From now on int8 activations are multiplied by int8 weights, as WASM does: exact, and faster than floats on a CPU. For
        encoding only: it gives no gradients."""
        with torch.no_grad():
            blocks = self.weight.reshape(self.weight.shape[0], -1, BLOCK)
            code = round_codes(blocks, (self.multiplier * self.scale[:, None])[..., None])
            self._integers = (code * self.multiplier[..., None]).view_as(self.weight).to(torch.int8).t().contiguous()

    def _multiply_integers(self, x: Tensor, weight: Tensor) -> Tensor:
        scale = x.abs().amax(-1, keepdim=True).clamp(min=1e-9) / 127
        codes = (x / scale).round().to(torch.int8)
        product = torch._int_mm(codes.flatten(0, -2), weight).view(*x.shape[:-1], -1)
        return product * scale * self.scale + self.bias

    def forward(self, x: Tensor, int8: bool) -> Tensor:
        x = x / self.smoothing
        if int8 and self._integers is not None and not torch.is_grad_enabled():
            return self._multiply_integers(x, self._integers)
        if int8:
            x = round_activations(x)
        return F.linear(x, self._deployed(), self.bias)

    def _deployed(self) -> Tensor:
        if self._held is not None:
            return self._held
        return quantize_weight(self.weight, self.scale, self.multiplier) if self.is_quantized else self.weight
