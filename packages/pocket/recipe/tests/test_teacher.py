"""What the teacher is read from."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from recipe.encoder import Encoder
from recipe.fault import RecipeError
from recipe.packaged import PACKAGE, packaged_teacher
from recipe.teacher import load_teacher

#: The real model lies beside the repository on some machines.
REAL = Path(__file__).resolve().parents[5] / "shared" / "models" / "all-MiniLM-L6-v2"


def test_a_folder_without_weights_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no model.safetensors"):
        load_teacher(tmp_path)


def test_weights_of_another_network_are_told(world: Path, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    (tmp_path / "config.json").write_bytes((world / "teacher/config.json").read_bytes())
    save_file({"other.weight": torch.zeros(2, 2)}, tmp_path / "model.safetensors")
    with pytest.raises(RecipeError, match="is no BERT encoder"):
        load_teacher(tmp_path)


@pytest.mark.skipif(packaged_teacher() is None, reason=f"{PACKAGE} is not installed")
@pytest.mark.skipif(not REAL.is_dir(), reason="all-MiniLM-L6-v2 is not beside the repository")
def test_the_packaged_teacher_gives_its_vectors() -> None:
    teacher, file = load_teacher(packaged_teacher())
    assert file == "model.safetensors"
    assert min(_cosines(teacher)) > 0.99999


@pytest.mark.skipif(not REAL.is_dir(), reason="all-MiniLM-L6-v2 is not beside the repository")
def test_the_8_bit_export_of_the_real_teacher_gives_nearly_its_vectors() -> None:
    teacher, _ = load_teacher(REAL)
    assert min(_cosines(teacher)) > 0.99


def _cosines(teacher: Encoder) -> list[float]:
    """To the vectors that are known for the real one, text by text."""
    tokens = json.loads((REAL / "reference/tokens.json").read_text())
    known = np.fromfile(REAL / "reference/fp32.f32", "<f4").reshape(len(tokens), -1)
    cosines = []
    for row, vector in zip(tokens, known):
        ids = torch.tensor([row])
        cosines.append(float(teacher(ids, torch.ones_like(ids)).vectors[0] @ torch.from_numpy(vector)))
    return cosines
