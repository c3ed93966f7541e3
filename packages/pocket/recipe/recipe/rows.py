"""Reads the training files: tab-separated lines, xz or plain. Broken lines are told with their numbers."""

from __future__ import annotations

import hashlib
import lzma
from dataclasses import dataclass, field
from pathlib import Path

from .fault import RecipeError

#: Broken lines that an error names one by one.
NAMED = 8


@dataclass(frozen=True)
class Layout:
    """One training file: its columns, and those that may be empty."""

    file: str
    columns: tuple[str, ...]
    may_be_empty: frozenset[str] = frozenset()


WIKI = Layout("wiki.tsv", ("title", "query", "passage"), frozenset({"query"}))
PAIRS = Layout("pairs.tsv", ("source", "query", "passage"))
QUERIES = Layout("queries.tsv", ("query",))


@dataclass
class Table:
    """The sound rows of a file, each with its line number."""

    layout: Layout
    path: Path
    sha256: str
    rows: list[tuple[str, ...]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    broken: list[tuple[int, str]] = field(default_factory=list)


def read_table(folder: Path, layout: Layout, max_broken_share: float, max_rows: int = 0) -> Table:
    """Reads `layout.file` (or the same with .xz). Refuses a file that ends early or has too many broken lines."""
    path = _find(folder, layout.file)
    raw = path.read_bytes()
    table = Table(layout, path, hashlib.sha256(raw).hexdigest())
    for number, line in enumerate(_unpack(path, raw).split(b"\n"), start=1):
        if line == b"":
            continue
        row, fault = _parse(line, layout)
        if row is None:
            table.broken.append((number, fault))
        else:
            table.rows.append(row)
            table.lines.append(number)
    _judge(table, max_broken_share)
    if 0 < max_rows < len(table.rows):
        # Evenly: the files are sorted by source, and a slice should have something of each.
        kept = [at * len(table.rows) // max_rows for at in range(max_rows)]
        table.rows = [table.rows[at] for at in kept]
        table.lines = [table.lines[at] for at in kept]
    return table


def _find(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.xz", folder / name):
        if path.is_file():
            return path
    raise RecipeError(f"{folder} has no {name} and no {name}.xz.", "Set data.train to the folder of the training files.")


def _unpack(path: Path, raw: bytes) -> bytes:
    if path.suffix != ".xz":
        return raw
    try:
        return lzma.decompress(raw)
    except (lzma.LZMAError, EOFError) as cause:
        raise RecipeError(f"{path} is damaged or ends early ({cause}).", "Fetch that file again.") from cause


def _parse(line: bytes, layout: Layout) -> tuple[tuple[str, ...] | None, str]:
    try:
        cells = tuple(cell.strip() for cell in line.decode("utf-8").rstrip("\r").split("\t"))
    except UnicodeDecodeError as cause:
        return None, f"no UTF-8 at byte {cause.start}"
    if len(cells) != len(layout.columns):
        return None, f"{len(cells)} columns instead of {len(layout.columns)}"
    for name, cell in zip(layout.columns, cells):
        if cell == "" and name not in layout.may_be_empty:
            return None, f"no {name}"
        if "\0" in cell:
            return None, f"a NUL in {name}"
    return cells, ""


def _judge(table: Table, max_broken_share: float) -> None:
    total = len(table.rows) + len(table.broken)
    if not table.rows:
        raise RecipeError(f"{table.path} has no sound row.", "Fetch that file again.")
    if len(table.broken) <= max_broken_share * total:
        return
    named = "; ".join(f"line {line}: {fault}" for line, fault in table.broken[:NAMED])
    more = f"; and {len(table.broken) - NAMED} more" if len(table.broken) > NAMED else ""
    raise RecipeError(
        f"{table.path}: {len(table.broken)} of {total} rows are broken, more than a share of {max_broken_share}: {named}{more}.",
        "Correct them, or raise data.max_broken_share.",
    )
