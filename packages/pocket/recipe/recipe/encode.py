"""Vectors of many texts, outside of training."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from .encoder import Encoder
from .tokens import make_batch, split_by_length


def encode_rows(
    encoder: Encoder,
    rows: Sequence[np.ndarray],
    max_tokens: int,
    batch: int,
    int8: bool = False,
    tell: Callable[[int], None] = lambda done: None,
) -> Tensor:
    """Unit vectors [rows, hidden] in float32 on the CPU. A vector does not depend on the texts beside it."""
    device = next(encoder.parameters()).device
    vectors = torch.empty(len(rows), encoder.shape.hidden)
    done = 0
    with torch.no_grad():
        for group in split_by_length(list(rows), batch):
            texts = make_batch([rows[at] for at in group], max_tokens).to(device)
            vectors[group] = encoder(texts.ids, texts.mask, int8).vectors.cpu()
            done += len(group)
            tell(done)
    return vectors
