"""Looks for evaluation texts in training rows.

A row leaks when as many of its words in a row as `run_words` are in an evaluation text, or when its query is an evaluation
query. Words are runs of letters and digits, lower case. Runs are found by 64-bit hashes and then compared word by word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .fault import RecipeError

WORD = re.compile(r"[^\W_]+")
#: Odd, so that multiplying by it loses nothing in 64 bits.
BASE = np.uint64(0x9E3779B97F4A7C15)
#: Texts that are hashed at a time.
CHUNK = 4096


@dataclass(frozen=True)
class Leak:
    """A training text (its index in what was given) and the evaluation text that it shares words with."""

    at: int
    source: str
    words: str


@dataclass(frozen=True)
class EvaluationText:
    source: str
    text: str
    is_query: bool


def read_evaluation_texts(folder: Path) -> Iterator[EvaluationText]:
    """All documents and queries of all sets below `folder`, in BEIR layout."""
    files = sorted(folder.glob("*/corpus.jsonl")) + sorted(folder.glob("*/queries.jsonl"))
    if not files:
        raise RecipeError(f"{folder} has no evaluation set.", "Set data.evaluation to the folder of the evaluation sets.")
    for path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                row = json.loads(line)
                text = " ".join(filter(None, (row.get("title"), row["text"])))
                name = f"{path.parent.name}/{path.stem} {row['_id']}"
            except (ValueError, KeyError, AttributeError) as cause:
                raise RecipeError(f"{path}, line {number} is no document ({cause!r}).", "Correct that line.") from cause
            yield EvaluationText(name, text, path.stem == "queries")


class LeakCheck:
    """An index of the evaluation texts."""

    def __init__(self, texts: Iterable[EvaluationText], run_words: int) -> None:
        self.run_words = run_words
        self._vocabulary: dict[str, int] = {}
        self._sources: list[str] = []
        self._words: list[list[str]] = []
        self._queries: dict[str, str] = {}
        for text in texts:
            words = WORD.findall(text.text.lower())
            if text.is_query:
                self._queries[" ".join(words)] = text.source
            self._sources.append(text.source)
            self._words.append(words)
        hashes, owners = self._hash(self._words)
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._owners = hashes[order], owners[order]

    def find(self, texts: list[str], queries: list[str]) -> list[Leak]:
        """Leaks of the texts, at most one for each; `queries[i]` belongs to `texts[i]`."""
        leaks: dict[int, Leak] = {}
        for start in range(0, len(texts), CHUNK):
            words = [WORD.findall(text.lower()) for text in texts[start : start + CHUNK]]
            for at, leak in self._find_runs(words).items():
                leaks[start + at] = Leak(start + at, *leak)
        for at, query in enumerate(queries):
            source = self._queries.get(" ".join(WORD.findall(query.lower()))) if query else None
            if source is not None and at not in leaks:
                leaks[at] = Leak(at, source, query)
        return [leaks[at] for at in sorted(leaks)]

    def _find_runs(self, rows: list[list[str]]) -> dict[int, tuple[str, str]]:
        hashes, owners = self._hash(rows)
        if len(self._hashes) == 0 or len(hashes) == 0:
            return {}
        place = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        starts = np.r_[0, np.flatnonzero(np.diff(owners)) + 1]
        first = dict(zip(owners[starts].tolist(), starts.tolist()))
        found: dict[int, tuple[str, str]] = {}
        for hit in np.flatnonzero(self._hashes[place] == hashes):
            row = int(owners[hit])
            begin = int(hit) - first[row]
            run = " ".join(rows[row][begin : begin + self.run_words])
            owner = int(self._owners[place[hit]])
            if row not in found and f" {run} " in f" {' '.join(self._words[owner])} ":
                found[row] = (self._sources[owner], run)
        return found

    def _hash(self, rows: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
        """A hash for each run of words, and the row that it is in."""
        size = self.run_words
        number = self._vocabulary
        ids = [np.fromiter((number.setdefault(word, len(number)) for word in words), np.uint64, len(words)) for words in rows]
        hashes, owners = [], []
        for at, row in enumerate(ids):
            if len(row) < size:
                continue
            runs = np.lib.stride_tricks.sliding_window_view(_mix(row), size)
            total = np.zeros(len(runs), np.uint64)
            for column in range(size):
                total = total * BASE + runs[:, column]
            hashes.append(total)
            owners.append(np.full(len(runs), at, np.int64))
        if not hashes:
            return np.zeros(0, np.uint64), np.zeros(0, np.int64)
        return np.concatenate(hashes), np.concatenate(owners)


def _mix(ids: np.ndarray) -> np.ndarray:
    """Spreads small numbers over 64 bits (the finalizer of splitmix64)."""
    x = (ids + np.uint64(1)) * BASE
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
