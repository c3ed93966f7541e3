"""Broken rows, leaks, and the configuration: what is wrong is named, with its place."""

import json
import lzma
from pathlib import Path

import pytest

from recipe.config import make_config, read_config
from recipe.fault import RecipeError
from recipe.leak import EvaluationText, LeakCheck
from recipe.prepare import prepare
from recipe.record import RunFolder
from recipe.rows import PAIRS, QUERIES, read_table

SOUND = b"arxiv\ta query\ta passage\n"
BROKEN = b"two\tcolumns\n" + b"arxiv\t\tno query\n" + b"arxiv\tq\xff\tp\n" + b"arxiv\tq\0\tp\n"


def test_broken_rows_are_left_out_and_told_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_bytes(SOUND * 2 + BROKEN + SOUND)
    table = read_table(tmp_path, PAIRS, max_broken_share=1.0)
    assert table.lines == [1, 2, 7]
    assert table.broken == [(3, "2 columns instead of 3"), (4, "no query"), (5, "no UTF-8 at byte 7"), (6, "a NUL in query")]


def test_too_many_broken_rows_are_refused_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_bytes(SOUND * 50 + BROKEN)
    with pytest.raises(RecipeError, match=r"4 of 54 rows are broken.*line 51: 2 columns instead of 3.*line 54: a NUL"):
        read_table(tmp_path, PAIRS, max_broken_share=0.05)


def test_a_file_that_ends_early_or_is_absent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no queries.tsv and no queries.tsv.xz"):
        read_table(tmp_path, QUERIES, 0.0)
    (tmp_path / "queries.tsv.xz").write_bytes(lzma.compress(b"a query\n" * 1000)[:-20])
    with pytest.raises(RecipeError, match="damaged or ends early"):
        read_table(tmp_path, QUERIES, 0.0)


def test_a_slice_is_taken_evenly(tmp_path: Path) -> None:
    (tmp_path / "queries.tsv").write_text("".join(f"query {at}\n" for at in range(10)))
    table = read_table(tmp_path, QUERIES, 0.0, max_rows=5)
    assert table.lines == [1, 3, 5, 7, 9]


EVALUATION = [
    EvaluationText("set/corpus 7", "One two three, four-five six seven eight nine ten eleven.", False),
    EvaluationText("set/queries 3", "Who is it?", True),
]


def test_ten_words_in_a_row_are_a_leak_whatever_stands_between_them() -> None:
    check = LeakCheck(EVALUATION, 10)
    rows = ["x ONE two three four five six seven (eight) nine ten y", "one two three four five six seven eight nine", "who is it"]
    leaks = check.find(rows, ["", "", "something else"])
    assert [(leak.at, leak.source, leak.words) for leak in leaks] == [
        (0, "set/corpus 7", "one two three four five six seven eight nine ten")
    ]


def test_an_evaluation_query_is_a_leak_though_it_is_short() -> None:
    leaks = LeakCheck(EVALUATION, 10).find(["who is it", "it is"], ["WHO is it", "it is"])
    assert [(leak.at, leak.source) for leak in leaks] == [(0, "set/queries 3")]


def leak_into(world: Path, settings: dict, tmp_path: Path) -> None:
    """Copies the training data with one evaluation text in line 3 of queries.tsv."""
    text = json.loads((world / "eval/tiny/corpus.jsonl").read_text().splitlines()[5])["text"]
    for name in ("wiki", "pairs"):
        (tmp_path / f"{name}.tsv.xz").write_bytes((world / f"train/{name}.tsv.xz").read_bytes())
    (tmp_path / "queries.tsv").write_text(f"an ordinary query\nanother one\n{text}\n")
    settings["data"]["train"] = str(tmp_path)


def test_an_evaluation_text_in_the_training_data_is_refused_and_named(world: Path, settings: dict, tmp_path: Path) -> None:
    leak_into(world, settings, tmp_path)
    with pytest.raises(RecipeError, match=r"1 rows of .*queries.tsv .* line 3 has .* of tiny/corpus 5"):
        prepare(make_config(settings), RunFolder(tmp_path / "run"))


def test_leaks_can_be_dropped_and_are_counted(world: Path, settings: dict, tmp_path: Path) -> None:
    leak_into(world, settings, tmp_path)
    settings["data"]["leaks"] = "drop"
    run = RunFolder(tmp_path / "run")
    prepare(make_config(settings), run)
    assert run.record["steps"]["prepare"]["data"]["queries.tsv"] == {
        "sha256": run.record["steps"]["prepare"]["data"]["queries.tsv"]["sha256"], "rows": 2, "broken": 0, "leaks": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("distil.steps=3", "has no distil"),
        ("distill.step=3", "has no step"),
        ("distill.steps=many", "distill.steps is 'many'"),
        ("distill.steps=0", "greater number"),
        ("run.device=tpu", "auto or cpu or cuda"),
        ("student.layers=[]", "student.layers is"),
        ("distill", "has no value"),
    ],
)
def test_what_a_configuration_does_not_know_is_named(tmp_path: Path, change: str, words: str) -> None:
    path = tmp_path / "run.toml"
    path.write_text('[run]\nname = "x"\n')
    with pytest.raises(RecipeError, match=words):
        read_config(path, [change])


def test_the_shipped_configurations_are_sound() -> None:
    folder = Path(__file__).parents[1] / "configs"
    for name in ("slice", "cpu", "gpu"):
        config = read_config(folder / f"{name}.toml", ["distill.learning_rate=1"])
        assert config.distill.learning_rate == 1.0
        assert Path(config.data.train).is_absolute()
