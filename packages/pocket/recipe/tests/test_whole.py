"""From the data to the exported files, in the small world."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from recipe.ablate import WHOLE, ablate, format_table
from recipe.config import Config, make_config
from recipe.encode import encode_rows
from recipe.encoder import load_encoder
from recipe.fault import RecipeError
from recipe.record import RunFolder
from recipe.release import release, update_card
from recipe.steps import STEPS, run_steps

NAMES = tuple(step.name for step in STEPS)
PACKAGE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def run(world: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    from conftest import tables

    run = RunFolder(tmp_path_factory.mktemp("whole"))
    run_steps(make_config(tables(world)), run, NAMES)
    return run


def read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_file_of_the_card_has_the_length_and_the_hash_that_it_says(run: RunFolder) -> None:
    for folder, name in (("export", "pocket"), ("export/query", "query")):
        card = read_json(run.path / folder / "card.json")
        texts = list(_files(card))
        assert len(texts) == 9
        for file in texts:
            raw = (run.path / folder / file["url"]).read_bytes()
            assert len(raw) == file["byteLength"] and hashlib.sha256(raw).hexdigest() == file["sha256"]
        shipped = {path.name.replace("pocket", name) for path in (PACKAGE / "model").iterdir()}
        assert {path.name for path in (run.path / folder / "model").iterdir()} == shipped
    assert read_json(run.path / "export/card.json")["space"] == read_json(run.path / "export/query/card.json")["space"]


def test_the_graphs_give_the_vectors_of_pytorch(run: RunFolder) -> None:
    for tower in ("document", "query"):
        cosine = run.record["steps"]["export"][tower]["cosine"]
        assert cosine["webgpu"] > 0.99999
        assert cosine["between devices"] > 0.9


def test_a_release_is_a_start_whose_vectors_are_its_own(run: RunFolder, settings: dict, tmp_path: Path) -> None:
    known = np.fromfile(run.path / "export/reference/pocket.f32", "<f4").reshape(-1, 64)
    rows = [np.array(ids[1:-1]) for ids in read_json(run.path / "export/reference/tokens.json")]
    settings["student"] = {"init": str(run.path / "export/model")}
    for smoothing, least in ((0.0, 0.99999), (0.5, 0.9)):
        again = RunFolder(tmp_path / str(smoothing))
        settings["arithmetic"] = {"smoothing": smoothing}
        run_steps(make_config(settings), again, ("prepare",))
        start = load_encoder(again.path / "prepare/start.safetensors").eval()
        start.set_quantized(True)
        assert (encode_rows(start, rows, 48, 8).numpy() * known).sum(1).min() > least
        assert start.shape == load_encoder(run.path / "quantize/document.safetensors").shape
        assert (again.path / "prepare/tokenizer.json").read_bytes() == (run.path / "prepare/tokenizer.json").read_bytes()
    rotation = load_encoder(again.path / "prepare/teacher.safetensors").rotation.weight.detach()
    assert np.allclose((rotation @ rotation.T).numpy(), np.eye(64), atol=1e-5)


def test_a_release_of_another_teacher_is_refused(run: RunFolder, settings: dict, tmp_path: Path) -> None:
    settings["student"] = {"init": str(PACKAGE / "model")}
    with pytest.raises(RecipeError, match="tokens that the teacher lacks"):
        run_steps(make_config(settings), RunFolder(tmp_path / "other"), ("prepare",))
    settings["student"] = {"init": str(tmp_path)}
    with pytest.raises(RecipeError, match="no tokenizer.json"):
        run_steps(make_config(settings), RunFolder(tmp_path / "empty"), ("prepare",))


def test_the_plan_makes_the_int8_weights_from_the_codes(run: RunFolder) -> None:
    plan = read_json(run.path / "export/model/expand.json")
    source = np.fromfile(run.path / "export/model/pocket.bin", np.uint8)
    wide = np.zeros(plan["bytes"], np.int8)
    for tensor in plan["tensors"]:
        rows, columns = tensor["rows"], tensor["columns"]
        packed = source[tensor["codes"] :][: rows * columns // 2]
        codes = np.stack([packed & 15, packed >> 4], -1).reshape(rows, columns // 32, 32).astype(np.int16) - 8
        multipliers = source[tensor["multipliers"] :][: rows * columns // 32].view(np.int8).reshape(rows, -1, 1)
        wide[tensor["target"] :][: rows * columns] = (codes * multipliers).reshape(rows, columns).T.reshape(-1)
    assert hashlib.sha256(wide.tobytes()).hexdigest() == plan["sha256"]


def test_known_answers_and_token_ids_are_those_of_the_reference(run: RunFolder) -> None:
    export = run.path / "export"
    for device, name in (("webgpu", "pocket.f32"), ("wasm", "pocket.wasm.f32")):
        vectors = np.fromfile(export / "reference" / name, "<f4").reshape(-1, 64)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert np.array_equal(np.fromfile(export / f"model/canary.{device}.f32", "<f4").reshape(-1, 64), vectors[-4:])
    tokenizer = Tokenizer.from_file(str(export / "model/tokenizer.json"))
    texts, tokens = read_json(export / "reference/texts.json"), read_json(export / "reference/tokens.json")
    for text, ids in zip(texts, tokens, strict=True):
        whole = tokenizer.encode(text).ids
        assert ids == (whole if len(whole) <= 48 else [*whole[:47], 3])


def test_a_run_keeps_its_record(run: RunFolder) -> None:
    assert set(NAMES) == set(run.record["steps"])
    assert set(run.record["steps"]["prepare"]["data"]) == {"wiki.tsv", "pairs.tsv", "queries.tsv"}
    assert run.record["versions"]["torch"] != "absent"
    assert len(run.record["steps"]["merge"]["checkpoints"]) == 2
    for stage in ("distill", "retrieve", "tower"):
        assert (run.path / stage / "losses.svg").read_text().startswith("<svg")
    assert "| document tower | tiny (tuning) |" in (run.path / "evaluate/scores.md").read_text()


def test_what_is_done_is_not_done_again_and_what_changed_is(run: RunFolder, config: Config, capsys: pytest.CaptureFixture) -> None:
    before = (run.path / "export/model/pocket.bin").stat().st_mtime_ns
    run_steps(config, run, NAMES)
    assert capsys.readouterr().out.count("done already") == len(NAMES)
    newer = replace(config, release=replace(config.release, version="0.2.0"))
    run_steps(newer, run, NAMES)
    assert capsys.readouterr().out.count("done already") == len(NAMES) - 2
    assert (run.path / "export/model/pocket.bin").stat().st_mtime_ns > before
    assert read_json(run.path / "export/card.json")["space"] == "nearfield-pocket@0.2.0"
    run_steps(config, run, NAMES)


def test_a_step_before_its_time_is_refused(config: Config, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="The step prepare was not done"):
        run_steps(config, RunFolder(tmp_path), ("export",))


def test_files_that_are_too_large_are_refused(run: RunFolder, settings: dict) -> None:
    settings["limits"] = {"document_bytes": 1000}
    with pytest.raises(RecipeError, match=r"files of pocket have \d+ bytes of 1000"):
        run_steps(make_config(settings), run, ("export",))


def test_a_release_puts_files_and_figures_in_their_place(run: RunFolder, config: Config, tmp_path: Path) -> None:
    run_steps(config, run, NAMES)
    for folder in ("model", "reference", "src"):
        shutil.copytree(PACKAGE / folder, tmp_path / folder)
    changed = release(run.path / "export", tmp_path)
    assert "src/card.ts" in changed and "model/pocket.bin" in changed and "reference/pocket.wasm.f32" in changed
    text = (tmp_path / "src/card.ts").read_text()
    for file in _files(read_json(run.path / "export/card.json")):
        assert f"byteLength: {file['byteLength']:_},\n" in text and file["sha256"] in text
    assert release(run.path / "export", tmp_path) == []


def test_a_release_touches_nothing_where_the_card_has_another_form(run: RunFolder) -> None:
    with pytest.raises(RecipeError, match="does not name"):
        update_card("export const pocketCard = {};", read_json(run.path / "export/card.json"))


def test_ablations_share_what_they_have_in_common_and_give_a_table(world: Path, settings: dict, tmp_path: Path) -> None:
    settings["tower"]["enabled"] = False
    lines = [f"[{name}]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items()) for name, values in settings.items()]
    (tmp_path / "base.toml").write_text("\n".join(lines))
    (tmp_path / "list.toml").write_text('base = "base.toml"\nseeds = [1]\n[[ablation]]\nname = "no mask"\nset = ["retrieve.mask=false"]\n')
    table = ablate(tmp_path / "list.toml", tmp_path / "runs", [])
    assert table.splitlines()[2].startswith(f"| {WHOLE} |") and table.splitlines()[3].startswith("| no mask |")
    stores = [tmp_path / "runs" / name / "distill/student.safetensors" for name in ("everything-on-1", "no-mask-1")]
    assert stores[0].samefile(stores[1])
    assert not (tmp_path / "runs/everything-on-1/retrieve/kept-0000006.safetensors").samefile(
        tmp_path / "runs/no-mask-1/retrieve/kept-0000006.safetensors"
    )


def test_ablations_of_stage_2_have_one_stage_1_for_all_seeds(
    run: RunFolder, config: Config, settings: dict, tmp_path: Path
) -> None:
    run_steps(config, run, NAMES)
    lines = [f"[{name}]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items()) for name, values in settings.items()]
    (tmp_path / "base.toml").write_text("\n".join(lines))
    text = 'base = "base.toml"\nvary = "retrieve"\nseeds = [1, 2]\nset = ["tower.enabled=false", "retrieve.steps=4"]\n'
    (tmp_path / "list.toml").write_text(text + '[[ablation]]\nname = "no triplet"\nset = ["retrieve.triplet=0"]\n')
    ablate(tmp_path / "list.toml", tmp_path / "runs", [], run.path)
    folders = [tmp_path / "runs" / f"{name}-{seed}" for name in ("everything-on", "no-triplet") for seed in (1, 2)]
    for folder in folders:
        assert (folder / "distill/student.safetensors").samefile(run.path / "distill/student.safetensors")
        assert (folder / "mine/mined.npz").samefile(run.path / "mine/mined.npz")
    curves = {(folder / "retrieve/losses.jsonl").read_text() for folder in folders}
    assert len(curves) == 4
    assert len(read_json(tmp_path / "runs/ablations.json")["no triplet"]) == 2


def test_a_table_of_several_seeds_has_their_spread(config: Config) -> None:
    table = format_table({WHOLE: [{"a": 0.5}, {"a": 0.6}], "no mask": [{"a": 0.5}, {"a": 0.5}]}, config)
    assert "| 0.5500 ± 0.0707 | 0.5500 ± 0.0707 |  |" in table and "-0.0500" in table


def _files(card: dict) -> list[dict]:
    files = [card["tokenizer"], card["tokenizerConfig"], card["artifacts"]["wasm"]["expanded"]["plan"]]
    for artifact in card["artifacts"].values():
        files += [artifact["graph"], artifact["knownAnswers"], artifact["data"][0]["file"]]
    return files
