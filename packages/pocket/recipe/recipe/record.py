"""The run folder: what was done with which configuration and data, and the losses as JSON and as a picture."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from hashlib import sha256
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

WIDTH, HEIGHT, MARGIN = 720, 320, 48
COLOURS = ("#3b6ea8", "#b8502f", "#4a8a4f", "#8a5aa0", "#a08030", "#555555")
#: Points of a line in a picture; more can not be told apart.
MOST_POINTS = 300


class RunFolder:
    """A folder for each step and `record.json` over all of them. A step whose key is unchanged is not done again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self._file = path / "record.json"
        self.record: dict[str, Any] = json.loads(self._file.read_text()) if self._file.exists() else {"steps": {}}

    def describe(self, config: dict[str, Any]) -> None:
        """Notes the configuration and the versions of what computes."""
        packages = ("torch", "numpy", "onnx", "onnxruntime", "tokenizers", "safetensors")
        self.record["config"] = config
        self.record["versions"] = {"python": platform.python_version(), **{name: _version(name) for name in packages}}
        self._save()

    def folder(self, step: str) -> Path:
        folder = self.path / step
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def is_done(self, step: str, key: str) -> bool:
        return self.record["steps"].get(step, {}).get("done") == key

    def begin(self, step: str, key: str) -> bool:
        """Notes that a step has begun. True where an earlier, unfinished try with the same key can be gone on with."""
        resumes = self.record["steps"].get(step, {}).get("begun") == key
        if not resumes:
            self.record["steps"][step] = {"begun": key}
            self._save()
        return resumes

    def note(self, step: str, **facts: Any) -> None:
        self.record["steps"].setdefault(step, {}).update(facts)
        self._save()

    def finish(self, step: str, key: str, seconds: float) -> None:
        """Notes that a step is done. The seconds are those of the try that ended it: a killed one could not tell its own."""
        entry = self.record["steps"].setdefault(step, {"begun": key})
        entry["seconds"] = round(seconds, 1)
        entry["done"] = key
        self._save()

    def _save(self) -> None:
        write_json(self._file, self.record)


class Losses:
    """The losses of a training, one line a step; lines after a checkpoint that a killed run wrote are cut off."""

    def __init__(self, folder: Path, kept_steps: int) -> None:
        self._file = folder / "losses.jsonl"
        lines = self._file.read_text().splitlines()[:kept_steps] if self._file.exists() else []
        self._file.write_text("".join(f"{line}\n" for line in lines))
        self.rows: list[dict[str, float]] = [json.loads(line) for line in lines]
        self._folder = folder

    def add(self, row: dict[str, float]) -> None:
        self.rows.append(row)
        with self._file.open("a") as file:
            file.write(json.dumps(row) + "\n")

    def mean(self, last: int) -> dict[str, float]:
        rows = self.rows[-last:]
        return {name: sum(row[name] for row in rows) / len(rows) for name in rows[-1]}

    def plot(self, title: str) -> None:
        """Writes losses.json and losses.svg."""
        columns = {name: [row[name] for row in self.rows] for name in (self.rows[0] if self.rows else {})}
        write_json(self._folder / "losses.json", columns)
        (self._folder / "losses.svg").write_text(draw_lines(title, columns))


class Progress:
    """Prints a line every few seconds: how far, how long it took, how long it will take."""

    def __init__(self, title: str, total: int, start: int = 0, say: Callable[[str], None] = print) -> None:
        self._title, self._total, self._start = title, total, start
        self._begun = self._told = time.monotonic()
        self._say = say

    def tell(self, done: int, text: str = "", every_seconds: float = 10.0) -> None:
        now = time.monotonic()
        if now - self._told < every_seconds and done < self._total:
            return
        self._told = now
        spent = now - self._begun
        left = spent / max(1, done - self._start) * (self._total - done)
        self._say(f"{self._title}  {done}/{self._total}  {spent:.0f} s, about {left:.0f} s left  {text}".rstrip())


def write_json(path: Path, value: Any) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)


def hash_file(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def draw_lines(title: str, columns: dict[str, list[float]]) -> str:
    """Each column as a line of its own range: what counts is whether it falls. The legend has first and last value."""
    lines, legend = [], []
    for at, (name, values) in enumerate(columns.items()):
        colour = COLOURS[at % len(COLOURS)]
        points = _thin(values)
        low, high = min(points), max(points)
        span = (high - low) or 1.0
        step = (WIDTH - 2 * MARGIN) / max(1, len(points) - 1)
        path = " ".join(
            f"{MARGIN + x * step:.1f},{HEIGHT - MARGIN - (y - low) / span * (HEIGHT - 2 * MARGIN):.1f}" for x, y in enumerate(points)
        )
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        label = escape(f"{name}: {values[0]:.4g} to {values[-1]:.4g}")
        legend.append(f'<text x="{WIDTH - MARGIN}" y="{MARGIN + 14 * at}" text-anchor="end" fill="{colour}">{label}</text>')
    axis = f'<path d="M{MARGIN} {MARGIN}V{HEIGHT - MARGIN}H{WIDTH - MARGIN}" fill="none" stroke="#999"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">'
        f'<rect width="100%" height="100%" fill="#fff"/><text x="{MARGIN}" y="24" font-size="14">{escape(title)}</text>'
        f"{axis}{''.join(lines)}{''.join(legend)}</svg>\n"
    )


def _thin(values: list[float]) -> list[float]:
    """Means of neighbours, so that no more than MOST_POINTS are left."""
    size = -(-len(values) // MOST_POINTS)
    groups = [values[start : start + size] for start in range(0, len(values), size)]
    return [sum(group) / len(group) for group in groups]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
