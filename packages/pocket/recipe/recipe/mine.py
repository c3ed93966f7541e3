"""Hard negatives: for each query the passages that the teacher finds near, but not as near as the right one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .config import Config
from .encode import encode_rows
from .encoder import Encoder
from .prepare import Corpus
from .record import Progress
from .tokens import TokenStore

#: Texts that are encoded and stored at a time: what a killed run loses at most.
CHUNK = 2048
QUERY_BLOCK = 512
BATCH = 64


def choose_pairs(corpus: Corpus, most: int) -> np.ndarray:
    """The pairs of stage 2: all, or so many taken evenly."""
    total = len(corpus.passages)
    count = min(total, most) if most > 0 else total
    return np.arange(count, dtype=np.int64) * total // count


def encode_by_teacher(teacher: Encoder, store: TokenStore, rows: np.ndarray, tokens: int, folder: Path, name: str) -> Tensor:
    """Vectors of the teacher, kept in float16 beside the run, chunk by chunk."""
    parts = []
    progress = Progress(f"teacher's {name}", len(rows), say=lambda line: print(line, flush=True))
    for start in range(0, len(rows), CHUNK):
        path = folder / f"{name}-{start:07d}.npy"
        if not path.exists():
            texts = [store[int(at)] for at in rows[start : start + CHUNK]]
            vectors = encode_rows(teacher, texts, tokens, BATCH).numpy().astype(np.float16)
            # np.save would add .npy to another ending.
            part = path.with_suffix(".part.npy")
            np.save(part, vectors)
            part.replace(path)
        parts.append(np.load(path))
        progress.tell(min(start + CHUNK, len(rows)))
    return torch.from_numpy(np.concatenate(parts))


def mine(config: Config, numbers: np.ndarray, queries: Tensor, passages: Tensor, device: torch.device) -> np.ndarray:
    """Candidates for each pair, the nearest first: indexes into `passages`, -1 where there are no more.

    Taken from the `negative_depth` nearest passages, without the pair's own text, and without those that the teacher scores
    above `negative_share` of the right one's score: these are often right too.
    """
    depth = min(config.retrieve.negative_depth, len(passages))
    found = np.full((len(queries), depth), -1, np.int32)
    known = passages.to(device, torch.float32)
    number = torch.from_numpy(numbers).to(device)
    for start in range(0, len(queries), QUERY_BLOCK):
        block = queries[start : start + QUERY_BLOCK].to(device, torch.float32)
        scores = block @ known.T
        own = torch.arange(start, start + len(block), device=device)
        right = scores.gather(1, own[:, None])
        best, at = scores.topk(depth, dim=1)
        counts = (best <= config.retrieve.negative_share * right) & (number[at] != number[own][:, None])
        # Stable: what is left keeps its order.
        order = (~counts).to(torch.uint8).argsort(dim=1, stable=True)
        at = torch.where(counts, at, -1).gather(1, order)
        found[start : start + len(block)] = at.cpu().numpy()
    return found
