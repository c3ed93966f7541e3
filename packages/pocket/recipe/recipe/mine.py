"""Step `mine`: the pairs of stage 2, the teacher's vectors of them, and hard negatives: for each query the passages that the teacher
finds near, but not as near as the right one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .config import Config
from .encode import encode_rows
from .encoder import Encoder
from .prepare import Corpus, load_prepared
from .record import Progress, RunFolder
from .tokens import TokenStore
from .trainer import choose_device, half

#: Texts that are encoded and stored at a time: what a killed run loses at most.
CHUNK = 2048
QUERY_BLOCK = 512
BATCH = 64


@dataclass(frozen=True)
class Mined:
    """Indexes of the pairs in the corpus, the teacher's vectors of their texts, and candidates: indexes into the pairs, -1 for none."""

    pairs: np.ndarray
    queries: Tensor
    passages: Tensor
    candidates: np.ndarray

    @staticmethod
    def load(folder: Path) -> Mined:
        arrays = np.load(folder / "mined.npz")
        vectors = (torch.from_numpy(arrays[name]) for name in ("queries", "passages"))
        return Mined(arrays["pairs"], *vectors, arrays["candidates"])


def mine(config: Config, run: RunFolder) -> None:
    """Its result is `mine/mined.npz`. Without stage 2 there is none."""
    if not config.retrieve.enabled:
        return
    folder, device = run.folder("mine"), choose_device(config.run.device)
    corpus = Corpus.load(run.folder("prepare"))
    teacher = load_prepared(run, "teacher", device).eval()
    pairs = choose_pairs(corpus, config.mine.max_pairs, config.mine.wiki_share)
    with half(config, device):
        queries = encode_by_teacher(teacher, corpus.queries, pairs, config.mine.tokens, folder, "queries")
        passages = encode_by_teacher(teacher, corpus.passages, pairs, config.mine.tokens, folder, "passages")
    candidates = find_negatives(config, corpus.passage_number[pairs], queries, passages, device)
    np.savez(folder / "mined.npz", pairs=pairs, queries=queries.numpy(), passages=passages.numpy(), candidates=candidates)
    for part in folder.glob("*.npy"):
        part.unlink()
    run.note("mine", pairs=len(pairs), negatives_per_query=round(float((candidates >= 0).sum(1).mean()), 1))


def choose_pairs(corpus: Corpus, most: int, wiki_share: float) -> np.ndarray:
    """The pairs of stage 2: all, or so many, each part taken evenly from its file."""
    total, wiki = len(corpus.passages), corpus.wiki
    if most == 0 or most >= total:
        return np.arange(total, dtype=np.int64)
    others = min(round(most * (1 - wiki_share)), total - wiki)
    first = min(most - others, wiki)
    return np.concatenate([_evenly(first, wiki), wiki + _evenly(most - first, total - wiki)])


def _evenly(count: int, total: int) -> np.ndarray:
    return np.arange(count, dtype=np.int64) * total // max(1, count)


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


def find_negatives(config: Config, numbers: np.ndarray, queries: Tensor, passages: Tensor, device: torch.device) -> np.ndarray:
    """Candidates for each pair, the nearest first: indexes into `passages`, -1 where there are no more.

    Taken from the `mine.depth` nearest passages, without the pair's own text, and without those that the teacher scores
    above `mine.most_share` of the right one's score: these are often right too.
    """
    depth = min(config.mine.depth, len(passages))
    found = np.full((len(queries), depth), -1, np.int32)
    known = passages.to(device, torch.float32)
    number = torch.from_numpy(numbers).to(device)
    for start in range(0, len(queries), QUERY_BLOCK):
        block = queries[start : start + QUERY_BLOCK].to(device, torch.float32)
        scores = block @ known.T
        own = torch.arange(start, start + len(block), device=device)
        right = scores.gather(1, own[:, None])
        best, at = scores.topk(depth, dim=1)
        counts = (best <= config.mine.most_share * right) & (number[at] != number[own][:, None])
        # Stable: what is left keeps its order.
        order = (~counts).to(torch.uint8).argsort(dim=1, stable=True)
        at = torch.where(counts, at, -1).gather(1, order)
        found[start : start + len(block)] = at.cpu().numpy()
    return found
