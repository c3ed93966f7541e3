"""Step `prepare`: reads and checks the data, chooses the vocabulary, tokenizes, and makes the student that training starts from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .cluster import fit_table
from .compensate import compensate
from .config import Config
from .draw import draw
from .encoder import Encoder, Shape, load_encoder, save_encoder
from .fault import RecipeError
from .leak import Leak, LeakCheck, read_evaluation_texts
from .record import RunFolder, hash_file, write_json
from .rows import PAIRS, QUERIES, WIKI, Table, read_table
from .teacher import find_weights, load_teacher
from .tokens import TokenStore, make_batch
from .vocabulary import choose_tokens, count_tokens, make_tokenizer_config, open_tokenizer, prune_tokenizer, read_tokenizer
from .warm import read_kept, read_release, turn

#: Leaks that an error names one by one.
NAMED_LEAKS = 5
#: Tokens of a text from which the rotation and the channels' ranges are taken.
CALIBRATION_TOKENS = 64
CALIBRATION_BATCH = 32
#: The most rows that 16-bit token ids can name.
MOST_TOKENS = 65_536


@dataclass(frozen=True)
class Corpus:
    """What training reads. The first `wiki` pairs are from wiki.tsv, the others from pairs.tsv."""

    queries: TokenStore
    passages: TokenStore
    lone: TokenStore
    wiki: int
    #: Equal numbers for equal passages and for equal queries.
    passage_number: np.ndarray
    query_number: np.ndarray
    #: How often each token of the vocabulary occurs.
    counts: Tensor

    @staticmethod
    def load(folder: Path) -> Corpus:
        numbers = np.load(folder / "numbers.npz")
        stores = [TokenStore.load(folder / name) for name in ("queries", "passages", "lone")]
        return Corpus(*stores, int(numbers["wiki"]), numbers["passage"], numbers["query"], torch.from_numpy(numbers["counts"]))


def prepare(config: Config, run: RunFolder) -> None:
    folder = run.folder("prepare")
    wiki, pairs, lone = _read(config, run)
    queries = [query or title for title, query, _ in wiki.rows] + [query for _, query, _ in pairs.rows]
    passages = [passage for _, _, passage in (*wiki.rows, *pairs.rows)]
    alone = [query for (query,) in lone.rows]
    del pairs, lone

    teacher_folder = Path(config.teacher.folder)
    teacher, weights = load_teacher(teacher_folder)
    run.note("prepare", teacher={"file": weights, "sha256": hash_file(find_weights(teacher_folder))})
    theirs = read_tokenizer(teacher_folder)
    counts = np.zeros(teacher.shape.vocabulary, np.int64)
    for texts in (queries, passages, alone):
        count_tokens(open_tokenizer(theirs), texts, counts)
    vocabulary = open_tokenizer(theirs).get_vocab(with_added_tokens=True)
    init = config.student.init
    kept = read_kept(Path(init), vocabulary) if init else choose_tokens(vocabulary, counts, config.student.vocabulary)
    if len(kept) > MOST_TOKENS:
        raise RecipeError(f"The vocabulary has {len(kept)} tokens.", f"Set student.vocabulary to {MOST_TOKENS} at most.")
    ours = prune_tokenizer(theirs, kept)
    (folder / "tokenizer.json").write_text(ours, encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(make_tokenizer_config(config.student.positions), encoding="utf-8")
    write_json(folder / "kept.json", kept)
    run.note("prepare", vocabulary=len(kept))

    print(f"prepare  {len(passages)} pairs and {len(alone)} queries, {len(kept)} tokens in the vocabulary", flush=True)
    tokenizer = open_tokenizer(ours)
    for name, texts in (("queries", queries), ("passages", passages), ("lone", alone)):
        TokenStore.make(tokenizer, texts, config.data.max_tokens).save(folder / name)
    numbers = {"passage": _number(passages), "query": _number(queries), "counts": counts[kept]}
    np.savez(folder / "numbers.npz", wiki=len(wiki.rows), **numbers)
    facts = make_start(config, teacher, kept, Corpus.load(folder), folder)
    run.note("prepare", **facts)


def make_start(config: Config, teacher: Encoder, kept: list[int], corpus: Corpus, folder: Path) -> dict[str, float]:
    """Writes teacher.safetensors, with the student's tokens and the rotation, and start.safetensors, the untrained student."""
    _check_shapes(config, teacher)
    teacher = _keep(teacher, kept)
    batches = calibration(corpus, config.student.calibration_texts, config.run.seed)
    released = read_release(Path(config.student.init), teacher.shape.heads) if config.student.init else None
    teacher.rotation.weight.copy_(turn(released.rotation.weight.detach()) if released else find_rotation(teacher, batches))
    save_encoder(teacher, folder / "teacher.safetensors")
    facts = {}
    if released:
        student = released
        facts["cosine_to_teacher"] = round(mean_cosine(student, teacher, batches), 5)
    else:
        student = copy_encoder(teacher, config.student.layers, config.student.groups, config.student.positions)
        error = fit_table(student.table, teacher.table.words, corpus.counts, config.student.cluster_rounds, config.run.seed)
        facts["table_error"] = round(error, 5)
    if config.arithmetic.smoothing > 0:
        smooth(student, batches, config.arithmetic.smoothing)
    # A release that is not smoothed anew lies on its steps already.
    if config.arithmetic.smoothing > 0 or released is None:
        student.search_scales()
        if config.arithmetic.compensate and config.arithmetic.quantize_weights:
            compensate(student, batches)
    save_encoder(student, folder / "start.safetensors")
    return facts


@torch.no_grad()
def mean_cosine(student: Encoder, teacher: Encoder, batches: list[tuple[Tensor, Tensor]]) -> float:
    cosines = [(student(*batch).vectors * teacher(*batch).vectors).sum(-1) for batch in batches]
    return float(torch.cat(cosines).mean())


def find_rotation(teacher: Encoder, batches: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Principal directions of the teacher's vectors, the strongest first, so that a prefix of a vector says the most."""
    vectors = torch.cat([teacher(*batch).vectors for batch in batches])
    return torch.linalg.svd(vectors, full_matrices=True).Vh


def smooth(student: Encoder, batches: list[tuple[Tensor, Tensor]], strength: float) -> None:
    """Scales activation channels into the weights, by what the float student sees."""
    student.set_quantized(False)
    with torch.no_grad(), student.watch_inputs() as greatest:
        for ids, mask in batches:
            student(ids[:, : student.shape.positions], mask[:, : student.shape.positions])
    for name, linear in student.linears():
        linear.smooth(greatest[name], strength)


def calibration(corpus: Corpus, texts: int, seed: int) -> list[tuple[Tensor, Tensor]]:
    """Batches of passages and queries, half and half, for what is taken from data once."""
    half = max(1, texts // 2)
    rows = [corpus.passages[at] for at in draw(seed, "calibration passages", 0, half, len(corpus.passages))]
    rows += [corpus.queries[at] for at in draw(seed, "calibration queries", 0, half, len(corpus.queries))]
    groups = [rows[start : start + CALIBRATION_BATCH] for start in range(0, len(rows), CALIBRATION_BATCH)]
    batches = [make_batch(group, CALIBRATION_TOKENS) for group in groups]
    return [(batch.ids, batch.mask) for batch in batches]


def copy_encoder(source: Encoder, layers: list[int], groups: int, positions: int) -> Encoder:
    """A network with some layers of another one and an empty product-quantized word table."""
    shape = Shape(
        source.shape.vocabulary, len(layers), min(positions, source.shape.positions), groups,
        source.shape.hidden, source.shape.heads, source.shape.intermediate,
    )  # fmt: skip
    target = Encoder(shape)
    with torch.no_grad():
        target.positions.copy_(source.positions[: shape.positions])
    target.norm.load_state_dict(source.norm.state_dict())
    target.rotation.load_state_dict(source.rotation.state_dict())
    for ours, theirs in enumerate(layers):
        target.layers[ours].load_state_dict(source.layers[theirs].state_dict())
    return target


def load_prepared(run: RunFolder, name: str, device: torch.device) -> Encoder:
    """"teacher" or "start"."""
    return load_encoder(run.folder("prepare") / f"{name}.safetensors", device)


def _read(config: Config, run: RunFolder) -> tuple[Table, Table, Table]:
    folder = Path(config.data.train)
    tables = [read_table(folder, layout, config.data.max_broken_share, config.data.max_rows) for layout in (WIKI, PAIRS, QUERIES)]
    for table in tables:
        for line, fault in table.broken:
            print(f"prepare  {table.path.name}, line {line} is left out: {fault}", flush=True)
    print("prepare  looking for evaluation texts in the training data", flush=True)
    check = LeakCheck(read_evaluation_texts(Path(config.data.evaluation)), config.data.leak_words)
    dropped = {table.layout.file: _clean(table, check, config.data.leaks) for table in tables}
    facts = {
        table.layout.file: {
            "sha256": table.sha256,
            "rows": len(table.rows),
            "broken": len(table.broken),
            "leaks": dropped[table.layout.file],
        }
        for table in tables
    }
    run.note("prepare", data=facts)
    wiki, pairs, lone = tables
    return wiki, pairs, lone


def _clean(table: Table, check: LeakCheck, leaks: str) -> int:
    """Refuses or drops the rows in which an evaluation text was found. Gives their number."""
    query = table.layout.columns.index("query")
    found = check.find([" \n ".join(row) for row in table.rows], [row[query] for row in table.rows])
    if found and leaks == "refuse":
        named = "; ".join(_name(table, leak) for leak in found[:NAMED_LEAKS])
        more = f"; and {len(found) - NAMED_LEAKS} more" if len(found) > NAMED_LEAKS else ""
        raise RecipeError(
            f"{len(found)} rows of {table.path} have evaluation texts in them: {named}{more}.",
            "Take them out of the file, or set data.leaks to drop.",
        )
    leaking = {leak.at for leak in found}
    table.rows = [row for at, row in enumerate(table.rows) if at not in leaking]
    table.lines = [line for at, line in enumerate(table.lines) if at not in leaking]
    return len(found)


def _name(table: Table, leak: Leak) -> str:
    return f'line {table.lines[leak.at]} has "{leak.words}" of {leak.source}'


def _number(texts: list[str]) -> np.ndarray:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts], np.int64)


def _check_shapes(config: Config, teacher: Encoder) -> None:
    hidden = teacher.shape.hidden
    if not config.student.init and max(config.student.layers) >= teacher.shape.layers:
        raise RecipeError(f"student.layers names layer {max(config.student.layers)}.", f"The teacher has {teacher.shape.layers}.")
    for name, lengths in (("distill", config.distill.matryoshka), ("retrieve", config.retrieve.matryoshka)):
        if hidden not in lengths or max(lengths) > hidden or min(lengths) < 1:
            raise RecipeError(f"{name}.matryoshka is {lengths}.", f"It takes {hidden} and shorter lengths.")
    for name, groups in (("student", config.student.groups), ("tower", config.tower.groups)):
        if hidden % groups != 0 and not (name == "student" and config.student.init):
            raise RecipeError(f"{name}.groups is {groups}.", f"It has to divide {hidden}.")


def _keep(teacher: Encoder, kept: list[int]) -> Encoder:
    """The teacher with the student's vocabulary: both read the same ids, and their token states lie side by side."""
    shape = Shape(**{**vars(teacher.shape), "vocabulary": len(kept)})
    smaller = Encoder(shape).requires_grad_(False)
    state = teacher.state_dict()
    smaller.load_state_dict({**state, "table.words": state["table.words"][kept]})
    return smaller.eval()
