"""Which rows a step takes: a function of the seed and the step alone, so that a resumed run draws what the killed one would have."""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32

import numpy as np


def draw(seed: int, name: str, step: int, count: int, total: int) -> list[int]:
    """The `step`-th `count` rows of an endless row of shuffled passes over `total` rows."""
    first = step * count
    return [int(_shuffle(seed, name, at // total, total)[at % total]) for at in range(first, first + count)]


def generator(seed: int, name: str, step: int) -> np.random.Generator:
    """Random numbers for one step of one purpose."""
    return np.random.default_rng([seed, crc32(name.encode()), step])


def has_turn(step: int, share: float) -> bool:
    """True for a share of the steps, evenly."""
    return int((step + 1) * share) > int(step * share)


@lru_cache(maxsize=16)
def _shuffle(seed: int, name: str, turn: int, total: int) -> np.ndarray:
    return generator(seed, name, turn).permutation(total)
