"""Product quantization: k-means in each group of dimensions, tokens weighted by how frequent they are."""

from __future__ import annotations

import torch
from torch import Tensor

from .encoder import CODES, ProductTable


def fit_table(table: ProductTable, words: Tensor, counts: Tensor, rounds: int, seed: int) -> float:
    """Fills a table for `words` [vocabulary, hidden]. Gives the relative squared error."""
    vocabulary, hidden = words.shape
    groups = table.codes.shape[1]
    # The root, and a little for all: rare words matter too, and each is as likely as another to be what a query is about.
    weights = (counts.float() + 5).sqrt()
    generator = torch.Generator().manual_seed(seed)
    error = 0.0
    for group, points in enumerate(words.reshape(vocabulary, groups, hidden // groups).unbind(1)):
        centres, codes = _cluster(points.contiguous(), weights, rounds, generator)
        table.codebooks.data[group] = centres
        table.codes[:, group] = codes.to(torch.uint8)
        error += float(((centres[codes] - points) ** 2).sum())
    return error / float((words**2).sum())


def _cluster(points: Tensor, weights: Tensor, rounds: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    count = len(points)
    centres = torch.zeros(CODES, points.shape[1])
    order = torch.randperm(count, generator=generator)[:CODES]
    centres[: len(order)] = points[order]
    codes = _nearest(points, centres)
    for _ in range(rounds):
        mass = torch.zeros(CODES).index_add_(0, codes, weights)
        sums = torch.zeros_like(centres).index_add_(0, codes, points * weights[:, None])
        used = mass > 0
        centres[used] = sums[used] / mass[used, None]
        unused = (~used).nonzero().flatten()
        if len(unused) > 0:
            centres[unused] = points[torch.randint(count, (len(unused),), generator=generator)]
        codes = _nearest(points, centres)
    return centres, codes


def _nearest(points: Tensor, centres: Tensor) -> Tensor:
    return (points @ centres.T - (centres**2).sum(1) / 2).argmax(1)
