"""Token ids of many texts in two flat arrays, read from disk as they are needed, and batches made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from .vocabulary import CLS, PAD, SEP

#: Texts that are tokenized at a time.
CHUNK = 1024


class TokenStore:
    """Rows of token ids, without the first and the last special token."""

    def __init__(self, ids: np.ndarray, starts: np.ndarray) -> None:
        self._ids, self._starts = ids, starts

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, row: int) -> np.ndarray:
        return self._ids[self._starts[row] : self._starts[row + 1]]

    @staticmethod
    def make(tokenizer: Tokenizer, texts: list[str], max_tokens: int) -> TokenStore:
        rows: list[np.ndarray] = []
        for start in range(0, len(texts), CHUNK):
            for encoding in tokenizer.encode_batch(texts[start : start + CHUNK], add_special_tokens=False):
                rows.append(np.array(encoding.ids[: max_tokens - 2], np.uint16))
        starts = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        return TokenStore(np.concatenate(rows) if rows else np.zeros(0, np.uint16), starts)

    def save(self, path: Path) -> None:
        np.save(path.with_suffix(".ids.npy"), self._ids)
        np.save(path.with_suffix(".starts.npy"), self._starts)

    @staticmethod
    def load(path: Path) -> TokenStore:
        return TokenStore(np.load(path.with_suffix(".ids.npy"), mmap_mode="r"), np.load(path.with_suffix(".starts.npy")))


@dataclass(frozen=True)
class Batch:
    """Texts padded on the right: ids and mask, [texts, longest]."""

    ids: Tensor
    mask: Tensor

    def to(self, device: torch.device) -> Batch:
        return Batch(self.ids.to(device), self.mask.to(device))


def make_batch(rows: Iterable[np.ndarray], max_tokens: int) -> Batch:
    """Adds the special tokens, cuts and pads."""
    wrapped = [[CLS, *row[: max_tokens - 2].tolist(), SEP] for row in rows]
    longest = max(map(len, wrapped))
    ids = torch.full((len(wrapped), longest), PAD, dtype=torch.long)
    for at, row in enumerate(wrapped):
        ids[at, : len(row)] = torch.tensor(row)
    lengths = torch.tensor([len(row) for row in wrapped])
    return Batch(ids, (torch.arange(longest)[None] < lengths[:, None]).long())


def split_by_length(rows: list[np.ndarray], size: int) -> list[list[int]]:
    """Indexes of rows in groups of at most `size`, of like length, so that little is padded."""
    order = sorted(range(len(rows)), key=lambda at: (len(rows[at]), at))
    return [order[start : start + size] for start in range(0, len(order), size)]
