"""The encoder: BERT with a product-quantized word table, quantized layers and a rotation after mean pooling.

The teacher is the same network with a plain table and nothing quantized.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from .quantization import ROW_SHARES, QuantizedLinear

CODES = 256
NORM_EPSILON = 1e-12
MASKED = -1e9


@dataclass(frozen=True)
class Shape:
    """Sizes of a network. `groups` 0 means a plain word table."""

    vocabulary: int
    layers: int
    positions: int
    groups: int
    hidden: int = 384
    heads: int = 12
    intermediate: int = 1536


@dataclass(frozen=True)
class Encoding:
    """Unit vectors [texts, hidden], and token states [texts, tokens, hidden] before and after each layer."""

    vectors: Tensor
    states: list[Tensor]


class Norm(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(size))
        self.bias = nn.Parameter(torch.zeros(size))

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, (x.shape[-1],), self.gain, self.bias, NORM_EPSILON)


class PlainTable(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.words = nn.Parameter(torch.zeros(shape.vocabulary, shape.hidden))

    def forward(self, ids: Tensor) -> Tensor:
        return F.embedding(ids, self.words)


class ProductTable(nn.Module):
    """A word is `groups` codes of one byte; each stands for hidden / groups dimensions. Only the codebooks are trained."""

    codes: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.codebooks = nn.Parameter(torch.zeros(shape.groups, CODES, shape.hidden // shape.groups))
        self.register_buffer("codes", torch.zeros(shape.vocabulary, shape.groups, dtype=torch.uint8))

    def forward(self, ids: Tensor) -> Tensor:
        groups, codes, size = self.codebooks.shape
        at = self.codes[ids].long() + torch.arange(groups, device=ids.device) * codes
        return F.embedding(at, self.codebooks.view(-1, size)).flatten(-2)


class Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = QuantizedLinear(3 * shape.hidden, shape.hidden)
        self.attention_out = QuantizedLinear(shape.hidden, shape.hidden)
        self.attention_norm = Norm(shape.hidden)
        self.up = QuantizedLinear(shape.intermediate, shape.hidden)
        self.down = QuantizedLinear(shape.hidden, shape.intermediate)
        self.output_norm = Norm(shape.hidden)

    def forward(self, x: Tensor, mask: Tensor, int8: bool) -> Tensor:
        texts, tokens, hidden = x.shape
        parts = self.qkv(x, int8).view(texts, tokens, 3, self.heads, hidden // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        mixed = _attend(query, key, value, mask)
        mixed = mixed.transpose(1, 2).reshape(texts, tokens, hidden)
        x = self.attention_norm(x + self.attention_out(mixed, int8))
        return self.output_norm(x + self.down(F.gelu(self.up(x, int8)), int8))


def _attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    if query.is_cuda:
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask.to(query.dtype))
    # In bfloat16 its gradient takes a CPU seven times as long as in floats.
    with torch.autocast("cpu", enabled=False):
        return F.scaled_dot_product_attention(query.float(), key.float(), value.float(), attn_mask=mask)


class Encoder(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.table = ProductTable(shape) if shape.groups > 0 else PlainTable(shape)
        self.positions = nn.Parameter(torch.zeros(shape.positions, shape.hidden))
        self.norm = Norm(shape.hidden)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.rotation = nn.Linear(shape.hidden, shape.hidden)
        with torch.no_grad():
            self.rotation.weight.copy_(torch.eye(shape.hidden))
            self.rotation.bias.zero_()

    def forward(self, ids: Tensor, mask: Tensor, int8: bool = False) -> Encoding:
        """`int8` rounds activations as the WASM graph does."""
        x = self.norm(self.table(ids) + self.positions[: ids.shape[1]])
        states = [x]
        hidden_keys = (1.0 - mask[:, None, None, :].to(x.dtype)) * MASKED
        for layer in self.layers:
            x = layer(x, hidden_keys, int8)
            states.append(x)
        present = mask[:, :, None].to(x.dtype)
        mean = (x * present).sum(1) / present.sum(1).clamp(min=1)
        return Encoding(F.normalize(self.rotation(mean).float(), dim=-1), states)

    def linears(self) -> Iterator[tuple[str, QuantizedLinear]]:
        for name, module in self.named_modules():
            if isinstance(module, QuantizedLinear):
                yield name, module

    def set_quantized(self, on: bool) -> None:
        for _, linear in self.linears():
            linear.is_quantized = on

    def use_integers(self) -> None:
        """See QuantizedLinear.use_integers. Weights must not change afterwards."""
        for _, linear in self.linears():
            linear.use_integers()

    @contextmanager
    def hold_weights(self) -> Iterator[None]:
        """Rounds the weights once for several batches, and gives their gradients on at the end. Where nothing is quantized, nothing
        is held."""
        held = [linear for _, linear in self.linears() if linear.is_quantized]
        for linear in held:
            linear.hold()
        try:
            yield
        finally:
            for linear in held:
                linear.let_go()

    def search_scales(self, shares: tuple[float, ...] = ROW_SHARES) -> None:
        for _, linear in self.linears():
            linear.search(shares)

    @contextmanager
    def watch_inputs(self) -> Iterator[dict[str, Tensor]]:
        """Collects max |x| of each input channel of each linear layer while it is open; padding counts too."""
        greatest: dict[str, Tensor] = {}

        def watch(name: str):
            def hook(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
                seen = inputs[0].detach().abs().flatten(0, -2).amax(0)
                greatest[name] = torch.maximum(greatest[name], seen) if name in greatest else seen

            return hook

        hooks = [linear.register_forward_pre_hook(watch(name)) for name, linear in self.linears()]
        try:
            yield greatest
        finally:
            for hook in hooks:
                hook.remove()


def save_encoder(encoder: Encoder, path: Path) -> None:
    """Writes beside the place and renames, so that a killed run leaves no half file."""
    part = path.with_suffix(".part")
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in encoder.state_dict().items()}
    save_file(tensors, part, metadata={"shape": json.dumps(asdict(encoder.shape))})
    part.replace(path)


def load_encoder(path: Path, device: torch.device | str = "cpu") -> Encoder:
    with safe_open(path, framework="pt") as file:
        encoder = Encoder(Shape(**json.loads(file.metadata()["shape"])))
        encoder.load_state_dict({name: file.get_tensor(name) for name in file.keys()})
    return encoder.to(device)
