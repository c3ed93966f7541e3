"""Step `evaluate`: nDCG@10 of the vectors alone, on sets in BEIR layout. Hybrid search is measured by `pnpm evaluate`, in a browser."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from .config import Config
from .encode import encode_rows
from .encoder import Encoder, load_encoder
from .fault import RecipeError
from .record import Progress, RunFolder, write_json
from .tokens import TokenStore
from .trainer import choose_device
from .vocabulary import open_tokenizer

DEPTH = 10


@dataclass(frozen=True)
class EvaluationSet:
    name: str
    documents: dict[str, str]
    queries: dict[str, str]
    #: Relevance by query and document.
    relevance: dict[str, dict[str, int]]


def read_set(folder: Path, max_queries: int = 0) -> EvaluationSet:
    """Documents are title and text joined by a space; only queries with a judgement are there."""
    try:
        documents = {row["_id"]: f"{row.get('title') or ''} {row['text']}".strip() for row in _read_lines(folder / "corpus.jsonl")}
        asked = {row["_id"]: row["text"] for row in _read_lines(folder / "queries.jsonl")}
        lines = (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]
    except (OSError, KeyError, ValueError) as cause:
        raise RecipeError(f"{folder} is no set in BEIR layout ({cause!r}).", "Set data.evaluation to the folder of the sets.") from cause
    relevance: dict[str, dict[str, int]] = {}
    for number, line in enumerate(lines, start=2):
        cells = line.split("\t")
        if len(cells) != 3 or cells[0] not in asked or cells[1] not in documents:
            raise RecipeError(f"{folder / 'qrels/test.tsv'}, line {number} judges what is not there.", "Correct that line.")
        relevance.setdefault(cells[0], {})[cells[1]] = int(cells[2])
    names = sorted(relevance)
    if 0 < max_queries < len(names):
        names = [names[at * len(names) // max_queries] for at in range(max_queries)]
    return EvaluationSet(folder.name, documents, {name: asked[name] for name in names}, {name: relevance[name] for name in names})


def evaluate(config: Config, run: RunFolder) -> None:
    """Writes scores.json and scores.md: the tuning sets, and the others."""
    folder, device = run.folder("evaluate"), choose_device(config.run.device)
    tokenizer = open_tokenizer((run.folder("prepare") / "tokenizer.json").read_text(encoding="utf-8"))
    document = load_encoder(run.folder("quantize") / "document.safetensors", device).eval()
    document.set_quantized(True)
    towers = {"document tower": document}
    if config.tower.enabled:
        towers["query tower"] = load_encoder(run.folder("tower") / "query.safetensors", device).eval()
        towers["query tower"].set_quantized(True)
    for tower in towers.values():
        prepare_tower(config, tower)
    names = list(dict.fromkeys(config.evaluate.tuning + config.evaluate.report))
    scores = {
        name: score_sets(config, tower, document, tokenizer, names, config.evaluate.dimensions) for name, tower in towers.items()
    }
    write_json(folder / "scores.json", scores)
    (folder / "scores.md").write_text(format_scores(scores, config), encoding="utf-8")
    run.note("evaluate", scores=scores)
    print((folder / "scores.md").read_text(encoding="utf-8"), flush=True)


def prepare_tower(config: Config, tower: Encoder) -> None:
    """On a CPU integers are multiplied as integers: the same numbers as WASM has, in less than half the time."""
    if config.evaluate.int8 and next(tower.parameters()).device.type == "cpu":
        tower.use_integers()


def score_sets(
    config: Config, query: Encoder, document: Encoder, tokenizer: Tokenizer, names: list[str], lengths: list[int]
) -> dict[str, dict[str, float]]:
    """nDCG@10 by set and length of the vectors."""
    scores = {}
    for name in names:
        data = read_set(Path(config.data.evaluation) / name, config.evaluate.max_queries)
        passages = _encode(config, document, tokenizer, list(data.documents.values()), f"{name}, documents")
        queries = _encode(config, query, tokenizer, list(data.queries.values()), f"{name}, queries")
        scores[name] = {str(length): round(mean_ndcg(data, cut(queries, length), cut(passages, length)), 4) for length in lengths}
    return scores


def cut(vectors: Tensor, length: int) -> Tensor:
    return F.normalize(vectors[:, :length], dim=-1)


def mean_ndcg(data: EvaluationSet, queries: Tensor, documents: Tensor) -> float:
    """trec_eval's ndcg_cut_10: the gain is the relevance, the discount log2(rank + 1). Ties by id, the smaller first."""
    ids = np.array(list(data.documents))
    # Sorted by id first: a stable sort by score then breaks ties by id.
    by_id = np.argsort(ids, kind="stable")
    total = 0.0
    for row, name in enumerate(data.queries):
        scores = (documents @ queries[row]).numpy()[by_id]
        best = ids[by_id[np.argsort(-scores, kind="stable")[:DEPTH]]]
        total += ndcg([data.relevance[name].get(str(at), 0) for at in best], list(data.relevance[name].values()))
    return total / len(data.queries)


def ndcg(found: list[int], judged: list[int]) -> float:
    """Of one query: the relevance of what was found, in its order, against the best order of all that was judged."""

    def gain(relevances: list[int]) -> float:
        return sum(max(0, value) / math.log2(rank + 2) for rank, value in enumerate(relevances[:DEPTH]))

    ideal = gain(sorted(judged, reverse=True))
    return gain(found) / ideal if ideal > 0 else 0.0


def format_scores(scores: dict[str, dict[str, dict[str, float]]], config: Config) -> str:
    lengths = [str(length) for length in config.evaluate.dimensions]
    lines = ["| queries by | set | " + " | ".join(lengths) + " |", "|---|---|" + "---|" * len(lengths)]
    for tower, sets in scores.items():
        for name, row in sets.items():
            tuned = " (tuning)" if name in config.evaluate.tuning else ""
            lines.append(f"| {tower} | {name}{tuned} | " + " | ".join(f"{row[length]:.4f}" for length in lengths) + " |")
    if config.evaluate.max_queries > 0:
        lines.append(f"\nOnly {config.evaluate.max_queries} queries of each set: a trial of the program, no figure of the model.")
    return "\n".join(lines) + "\n"


def _encode(config: Config, encoder: Encoder, tokenizer: Tokenizer, texts: list[str], name: str) -> Tensor:
    progress = Progress(f"evaluate  {name}", len(texts), say=lambda line: print(line, flush=True))
    rows = TokenStore.make(tokenizer, texts, encoder.shape.positions)
    return encode_rows(encoder, rows, encoder.shape.positions, config.evaluate.batch, config.evaluate.int8, progress.tell)


def _read_lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
